// Inputs of the fuzzer of images, safetensors and JSON, and changes of them.
#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "tests/support/fuzz/format_fuzz.h"

TEST_CASE("images, weights and texts that fuzzing kept, and changes of them") {
  int files = 0;
  std::mt19937 random(1);
  for (const auto& entry : std::filesystem::directory_iterator(PPL_CORPORA "/formats")) {
    const std::vector<std::byte> bytes = ppl::read_file(entry.path().string());
    ppl::test::try_format(bytes);
    for (int change = 0; change < 300; ++change) {
      std::vector<std::byte> changed = bytes;
      for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = std::byte(random() % 256);
      changed.resize(changed.size() - (change % 4 == 0 ? random() % (changed.size() + 1) : 0));
      ppl::test::try_format(changed);
    }
    ++files;
  }
  CHECK(files >= 8);
}
