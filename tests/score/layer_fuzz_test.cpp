// Inputs of the fuzzer of road and building layers.
#include <doctest/doctest.h>

#include "tests/support/fuzz/fuzz.h"
#include "tests/support/fuzz/layer_fuzz.h"

using namespace ppl;

TEST_CASE("layers that fuzzing kept") {
  size_t images = 0;
  CHECK(test::for_stored_inputs(PPL_CORPORA "/layers",
                                [&](std::string_view text) { images += test::try_layer(text); }) >= 3);
  CHECK(images >= 2);  // else nothing was read
}
