// Inputs of the fuzzer of building tables.
#include <doctest/doctest.h>

#include "tests/support/fuzz/building_fuzz.h"
#include "tests/support/fuzz/fuzz.h"

using namespace ppl;

TEST_CASE("building tables that fuzzing kept") {
  CHECK(test::for_stored_inputs(PPL_CORPORA "/building_tables", test::try_building_table) >= 2);
}
