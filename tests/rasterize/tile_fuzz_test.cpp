// Inputs of the fuzzer of tables of tiles and widths, world files and names.
#include <doctest/doctest.h>

#include "tests/support/fuzz/fuzz.h"
#include "tests/support/fuzz/tile_fuzz.h"

using namespace ppl;

TEST_CASE("texts about tiles that fuzzing kept") {
  CHECK(test::for_stored_inputs(PPL_CORPORA "/tile_texts", test::try_tile_text) >= 7);
}
