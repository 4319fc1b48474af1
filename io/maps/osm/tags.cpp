#include "io/maps/osm/tags.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace ppl {
namespace {

constexpr double kFoot = 0.3048, kInch = 0.0254;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes a plain decimal number (no exponent) off the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  text = trimmed(text);
  const size_t end = std::min(text.find_first_not_of("0123456789.,"), text.size());
  std::string digits(text.substr(0, end));
  std::replace(digits.begin(), digits.end(), ',', '.');
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || stop != digits.data() + digits.size()) return {};
  text = trimmed(text.substr(end));
  return value;
}

}  // namespace

std::optional<double> parse_width(std::string_view text) {
  std::optional<double> width = take_number(text);
  if (!width) return {};
  if (text == "ft" || text == "feet") {
    *width *= kFoot;
  } else if (!text.empty() && text.front() == '\'') {
    *width *= kFoot;
    text = trimmed(text.substr(1));
    if (!text.empty()) {
      const std::optional<double> inches = take_number(text);
      if (!inches || text != "\"") return {};
      *width += *inches * kInch;
    }
  } else if (!text.empty() && text != "m" && text != "metres" && text != "meters") {
    return {};
  }
  if (!(*width >= 0.1 && *width <= 200)) return {};
  return width;
}

std::optional<int> parse_lanes(std::string_view text) {
  text = trimmed(text);
  if (text.ends_with(".0")) text.remove_suffix(2);  // as tables with gaps write whole numbers
  int lanes = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), lanes);
  if (error != std::errc() || stop != text.data() + text.size() || lanes < 1 || lanes > 30) return {};
  return lanes;
}

}  // namespace ppl
