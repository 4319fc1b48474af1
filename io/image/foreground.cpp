#include "io/image/foreground.h"

#include <charconv>

#include "kernels/base.h"

namespace ppl {
namespace {

// The whole numbers between separators; empty where the text is something else.
std::vector<int64_t> numbers_of(const std::string& text, char separator) {
  std::vector<int64_t> numbers;
  const char *at = text.data(), *const end = at + text.size();
  while (true) {
    int64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number < 0) return {};
    numbers.push_back(number);
    if (next == end) return numbers;
    if (*next != separator) return {};
    at = next + 1;
  }
}

}  // namespace

Foreground parse_foreground(const std::vector<std::string>& words, const std::string& where) {
  Foreground f;
  for (const std::string& word : words) {
    f.text += (f.text.empty() ? "" : " ") + word;
    const std::vector<int64_t> commas = numbers_of(word, ','), range = numbers_of(word, '-');
    if (word == "alpha") {
      f.opacity = true;
    } else if (commas.size() == 3) {
      f.colours.push_back({commas[0], commas[1], commas[2]});
    } else if (range.size() == 1 || (range.size() == 2 && range[0] <= range[1])) {
      f.values.push_back({range.front(), range.back()});
    } else {
      throw Error(cat(where, ": '", word, "'; expected a value (1), a range (128-255), a colour (255,0,0) or alpha"));
    }
  }
  PPL_CHECK(!f.opacity || words.size() == 1, where, ": alpha stands alone, got '", f.text, "'");
  return f;
}

}  // namespace ppl
