#include "io/tables/polygon_wkt.h"

#include <cctype>
#include <charconv>
#include <cmath>

#include "kernels/base.h"

namespace ppl {
namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  std::vector<Polygon> run() {
    const std::string kind = word();
    if (kind != "POLYGON" && kind != "MULTIPOLYGON") fail("POLYGON or MULTIPOLYGON", kind.empty() ? rest_ : kind);
    std::string next = word();
    if (next == "Z" || next == "M" || next == "ZM") next = word();
    std::vector<Polygon> result;
    if (!next.empty() && next != "EMPTY") fail("( or EMPTY", next);
    if (next.empty()) {
      if (kind == "POLYGON") {
        result.push_back(polygon());
      } else {
        list([&] {
          if (word() != "EMPTY") result.push_back(polygon());
        });
      }
    }
    skip_blanks();
    if (!rest_.empty()) fail("nothing more", rest_);
    return result;
  }

 private:
  [[noreturn]] void fail(const char* expected, std::string_view got) const {
    throw Error(
        cat(where_, ": expected ", expected, ", got ", got.empty() ? "the end" : cat("'", got.substr(0, 30), "'")));
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

  Line ring() {
    Line points;
    list([&] { points.push_back(point()); });
    if (points.size() < 4 || points.front() != points.back()) fail("a ring of 4 points or more that is closed", rest_);
    points.pop_back();
    return points;
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
    if (error != std::errc{} || !std::isfinite(value)) fail("a number", rest_);
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  std::string_view rest_;
  const std::string& where_;
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
  return Parser(text, where).run();
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
