#include "io/maps/feature_rules.h"

#include <algorithm>
#include <array>

namespace ppl {
namespace {

template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), same);
  });
}

std::string_view without(std::string_view text, std::string_view letters) {
  const size_t from = text.find_first_not_of(letters);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(letters) + 1 - from);
}

}  // namespace

std::string_view first_value(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kNothing{"nan", "none", "null", "<na>"};
  text = without(text, " \t\r\n");
  if (!text.empty() && text.front() == '[') {
    text = without(text, "[] '\"");
    text = without(text.substr(0, text.find(',')), " '\"");
  }
  text = without(text.substr(0, text.find(';')), " ");
  return is_one_of(text, kNothing) ? std::string_view() : text;
}

bool says_no(std::string_view value) {
  static constexpr std::array<std::string_view, 7> kNo{"", "no", "none", "false", "f", "n", "0"};
  return is_one_of(value, kNo);
}

bool nothing_there(std::string_view kind) {
  static constexpr std::array<std::string_view, 7> kGone{"proposed", "planned",   "demolished", "razed",
                                                         "removed",  "destroyed", "dismantled"};
  return is_one_of(kind, kGone);
}

}  // namespace ppl
