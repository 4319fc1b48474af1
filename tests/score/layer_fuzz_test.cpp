// Inputs of the fuzzer of road and building layers.
#include <doctest/doctest.h>

#include "tests/support/fuzz/fuzz.h"
#include "tests/support/fuzz/layer_fuzz.h"

using namespace ppl;

TEST_CASE("layers that fuzzing kept") { CHECK(test::for_stored_inputs(PPL_CORPORA "/layers", test::try_layer) >= 3); }
