// Inputs of the fuzzer of tables of tiles and widths, world files and names.
#include <doctest/doctest.h>

#include <filesystem>

#include "io/file.h"
#include "tests/support/fuzz/tile_fuzz.h"

TEST_CASE("texts about tiles that fuzzing kept") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PPL_CORPORA "/tile_texts")) {
    ppl::test::try_tile_text(ppl::read_text(entry.path().string()));
    ++files;
  }
  CHECK(files >= 7);
}
