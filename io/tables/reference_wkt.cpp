#include "io/tables/reference_wkt.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "io/tables/csv.h"
#include "kernels/base.h"

namespace ppl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// 0X1.8P-3: digits on either side of the point, and an exponent, which C would not ask for.
std::optional<double> parse_hexadecimal(std::string_view text) {
  size_t i = 2, digits = 0;
  const auto skip_digits = [&] {
    for (; i < text.size() && is_hex_digit(text[i]); ++i) ++digits;
  };
  skip_digits();
  if (i < text.size() && text[i] == '.') ++i, skip_digits();
  if (digits == 0 || i == text.size() || upper(text[i]) != 'P') return {};
  ++i;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  const size_t exponent = i;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == exponent || i != text.size()) return {};
  return std::strtod(std::string(text).c_str(), nullptr);
}

std::optional<double> parse_unsigned(std::string_view text) {
  if (text.empty() || !(is_digit(text[0]) || text[0] == '.')) return {};
  if (upper(text.back()) == 'D' || upper(text.back()) == 'F') text.remove_suffix(1);
  if (text.size() > 1 && text[0] == '0' && upper(text[1]) == 'X') return parse_hexadecimal(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return {};
  // Too large or too small for from_chars: infinity, zero or a denormal number.
  if (error != std::errc{}) return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

void erase_all(std::string& text, std::string_view what) {
  size_t kept = 0;
  for (size_t i = 0; i < text.size();) {
    if (text.compare(i, what.size(), what) == 0) {
      i += what.size();
    } else {
      text[kept++] = text[i++];
    }
  }
  text.resize(kept);
}

// For messages: short, and nothing that a terminal would obey.
std::string quoted(std::string_view text) {
  std::string shown(text.substr(0, 40));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  }
  return cat("'", shown, text.size() > 40 ? "...'" : "'");
}

std::optional<std::string> parse_point(std::string_view text, Line& points) {
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return cat("expected a point as 'x y', got ", quoted(text));
  const std::string_view first = text.substr(0, blank), rest = text.substr(blank + 1);
  const std::string_view second = rest.substr(0, rest.find(' '));
  const std::optional<double> x = parse_number(first), y = parse_number(second);
  if (!x || !y) return cat("expected a number, got ", quoted(x ? second : first), " in ", quoted(text));
  if (!std::isfinite(*x) || !std::isfinite(*y)) return cat("coordinates are too large in ", quoted(text));
  points.push_back({*x, *y});
  return {};
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = strip(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::optional<double> value = parse_unsigned(text);
  return value && negative ? -*value : value;
}

std::optional<std::string> parse_linestring_as_reference(std::string_view text, Line& points, std::string& scratch) {
  points.clear();
  scratch.clear();
  for (const char c : text) {
    if (c != '"') scratch.push_back(upper(c));
  }
  const std::string_view whole = strip(scratch);
  if (!whole.starts_with("LINESTRING")) return cat("expected LINESTRING, got ", quoted(whole));
  if (whole.find("EMPTY") != std::string_view::npos) return {};
  erase_all(scratch, "LINESTRING");
  std::erase_if(scratch, [](char c) { return c == '(' || c == ')'; });
  std::string_view rest = strip(scratch);
  if (rest.empty()) return "LINESTRING without points (an image without roads is LINESTRING EMPTY)";
  while (rest.ends_with(',')) rest.remove_suffix(1);
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (auto wrong = parse_point(strip(rest.substr(0, comma)), points)) return wrong;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return {};
}

}  // namespace ppl
