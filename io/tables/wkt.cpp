#include "io/tables/wkt.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "io/tables/csv.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Reads one geometry; what is wrong is thrown as an Error without a place.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::vector<Polygon> polygons() {
    std::vector<Polygon> result;
    whole("POLYGON", [&] { result.push_back(polygon()); });
    return result;
  }

  std::vector<Line> lines() {
    std::vector<Line> result;
    whole("LINESTRING", [&] { result.push_back(points()); });
    return result;
  }

 private:
  // part(): reads one POLYGON's or LINESTRING's parentheses.
  template <class Part>
  void whole(const std::string& kind, Part&& part) {
    if (is_blank(rest_)) return;
    geometry(kind, part, 0);
    skip_blanks();
    if (!rest_.empty()) fail("nothing more", rest_);
  }

  template <class Part>
  void geometry(const std::string& kind, Part&& part, int depth) {
    constexpr int kDeepest = 8;  // collections within collections
    const std::string_view begin = rest_;
    const std::string name = word();
    const std::string base = without_dimensions(name);
    const bool single = base == kind, multi = base == "MULTI" + kind, collection = base == "GEOMETRYCOLLECTION";
    if (!single && !multi && !collection) {
      fail(cat(kind, " or MULTI", kind), name.empty() ? begin : std::string_view(name));
    }
    if (depth > kDeepest) fail("collections that are not so deep", begin);
    std::string next = word();
    if (name == base && (next == "Z" || next == "M" || next == "ZM")) next = word();
    if (next == "EMPTY") return;
    if (!next.empty()) fail("( or EMPTY", next);
    if (single) return part();
    list([&] {
      if (collection) return geometry(kind, part, depth + 1);
      if (word() != "EMPTY") part();
    });
  }

  // POLYGON of POLYGONZ.
  static std::string without_dimensions(std::string name) {
    for (const std::string_view more : {"ZM", "Z", "M"}) {
      if (name.ends_with(more)) return name.substr(0, name.size() - more.size());
    }
    return name;
  }

  [[noreturn]] static void fail(const std::string& expected, std::string_view got) {
    throw Error(cat("expected ", expected, ", got ", got.empty() ? "the end" : cat("'", shown(got), "'")));
  }

  // Short, and nothing that a terminal would obey.
  static std::string shown(std::string_view text) {
    std::string result(text.substr(0, 30));
    for (char& c : result) {
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
    }
    return result;
  }

  void skip_blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0]))) rest_.remove_prefix(1);
  }

  std::string word() {
    skip_blanks();
    std::string result;
    while (!rest_.empty() && std::isalpha(static_cast<unsigned char>(rest_[0])) && result.size() < 20) {
      result += static_cast<char>(std::toupper(static_cast<unsigned char>(rest_[0])));
      rest_.remove_prefix(1);
    }
    return result;
  }

  bool accept(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // ( item, item, ... )
  template <class Item>
  void list(Item&& item) {
    if (!accept('(')) fail("(", rest_);
    do {
      item();
    } while (accept(','));
    if (!accept(')')) fail(", or )", rest_);
  }

  Polygon polygon() {
    Polygon result;
    bool first = true;
    list([&] {
      Line points = ring();
      if (first) {
        result.outer = std::move(points);
      } else {
        result.holes.push_back(std::move(points));
      }
      first = false;
    });
    return result;
  }

  Line points() {
    Line result;
    list([&] { result.push_back(point()); });
    return result;
  }

  Line ring() {
    Line result = points();
    if (result.size() < 4 || result.front() != result.back()) fail("a ring of 4 points or more that is closed", rest_);
    result.pop_back();
    return result;
  }

  Point point() {
    Point p;
    p.x = number();
    p.y = number();
    for (int more = 0; more < 2 && !at_end_of_point(); ++more) number();
    return p;
  }

  bool at_end_of_point() {
    skip_blanks();
    return rest_.starts_with(',') || rest_.starts_with(')');
  }

  double number() {
    skip_blanks();
    const char* begin = rest_.data();
    if (rest_.starts_with('+')) ++begin;
    double value = 0;
    const auto [end, error] = std::from_chars(begin, rest_.data() + rest_.size(), value);
    // Too large or too small for from_chars: infinity, zero or a denormal number.
    if (error == std::errc::result_out_of_range) value = std::strtod(std::string(begin, end).c_str(), nullptr);
    if (error == std::errc::invalid_argument || !std::isfinite(value)) fail("a number", rest_);
    const std::string_view after = rest_.substr(static_cast<size_t>(end - rest_.data()));
    const bool ends =
        after.empty() || std::isspace(static_cast<unsigned char>(after[0])) || after[0] == ',' || after[0] == ')';
    if (!ends) fail("a number", rest_);
    rest_ = after;
    return value;
  }

  std::string_view rest_;
};

void append_number(std::string& text, double value, int digits) {
  char buffer[400];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
  std::string_view shown(buffer, static_cast<size_t>(end - buffer));
  if (digits > 0) {
    while (shown.ends_with('0')) shown.remove_suffix(1);
    if (shown.ends_with('.')) shown.remove_suffix(1);
  }
  text += shown == "-0" ? "0" : shown;
}

void append_points(std::string& text, const Line& line, bool close, int digits) {
  text += '(';
  for (size_t i = 0; i < line.size() + (close ? 1 : 0); ++i) {
    const Point p = line[i % line.size()];
    if (i > 0) text += ", ";
    append_number(text, p.x, digits);
    text += ' ';
    append_number(text, p.y, digits);
  }
  text += ')';
}

}  // namespace

std::vector<Polygon> parse_polygons(std::string_view text, const std::string& where) {
  try {
    return Parser(text).polygons();
  } catch (const Error& error) {
    throw Error(cat(where, ": ", error.what()));
  }
}

std::optional<std::string> parse_lines(std::string_view text, std::vector<Line>& lines) {
  try {
    std::vector<Line> parts = Parser(text).lines();
    std::move(parts.begin(), parts.end(), std::back_inserter(lines));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

std::string to_wkt(const Polygon& polygon, int digits) {
  if (polygon.outer.empty()) return "POLYGON EMPTY";
  std::string text = "POLYGON (";
  append_points(text, polygon.outer, true, digits);
  for (const Line& hole : polygon.holes) {
    text += ", ";
    append_points(text, hole, true, digits);
  }
  return text + ")";
}

std::string to_wkt(const Line& line, int digits) {
  if (line.empty()) return "LINESTRING EMPTY";
  std::string text = "LINESTRING ";
  append_points(text, line, false, digits);
  return text;
}

}  // namespace ppl
