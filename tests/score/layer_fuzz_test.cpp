// Inputs of the fuzzer of road and building layers.
#include <doctest/doctest.h>

#include <filesystem>

#include "io/file.h"
#include "tests/support/fuzz/layer_fuzz.h"

TEST_CASE("layers that fuzzing kept") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PPL_CORPORA "/layers")) {
    ppl::test::try_layer(ppl::read_text(entry.path().string()));
    ++files;
  }
  CHECK(files >= 3);
}
