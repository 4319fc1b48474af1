// The stored inputs of the fuzzer of road tables, and random changes of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "engine/random.h"
#include "io/file.h"
#include "tests/support/fuzz/road_fuzz.h"

namespace ppl {
namespace {

// Cuts, doubles, swaps and overwrites a few pieces.
std::string changed(Random& random, std::string text, const std::string& other) {
  static const std::string kPieces[] = {",", "\n", "\r", "\"", "(",     ")",    " ",         "0",
                                        "9", ".",  "-",  "E",  "EMPTY", "0.07", "LINESTRING"};
  for (int64_t n = random.integer(1, 4); n > 0 && !text.empty(); --n) {
    const auto at = static_cast<size_t>(random.integer(0, static_cast<int64_t>(text.size()) - 1));
    const auto length = static_cast<size_t>(random.integer(1, 12));
    const int64_t what = random.integer(0, 4);
    if (what == 0) text.erase(at, length);
    if (what == 1) text.insert(at, text.substr(at, 4 * length));
    if (what == 2) text.insert(at, kPieces[random.integer(0, std::size(kPieces) - 1)]);
    if (what == 3) text[at] = static_cast<char>(random.integer(0, 255));
    if (what == 4) text.replace(at, length, other.substr(std::min(at, other.size()), length));
  }
  return text;
}

TEST_CASE("road tables that fuzzing kept, and changes of them") {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(PPL_CORPORA "/road_tables")) {
    texts.push_back(read_text(entry.path().string()));
  }
  REQUIRE(texts.size() >= 3);
  std::sort(texts.begin(), texts.end());
  for (const std::string& text : texts) test::try_road_table(text);
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    const auto pick = [&]() -> const std::string& {
      return texts[static_cast<size_t>(random.integer(0, static_cast<int64_t>(texts.size()) - 1))];
    };
    test::try_road_table(changed(random, pick(), pick()));
  }
}

}  // namespace
}  // namespace ppl
