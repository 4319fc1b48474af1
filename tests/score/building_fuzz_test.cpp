// Inputs of the fuzzer of building tables.
#include <doctest/doctest.h>

#include <filesystem>

#include "io/file.h"
#include "tests/support/fuzz/building_fuzz.h"

TEST_CASE("building tables that fuzzing kept") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PPL_CORPORA "/building_tables")) {
    ppl::test::try_building_table(ppl::read_text(entry.path().string()));
    ++files;
  }
  CHECK(files >= 2);
}
