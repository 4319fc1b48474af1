// Road tables: the syntax that the reference scorer takes and refuses, line ends, pooling, order.
#include <doctest/doctest.h>

#include <cmath>

#include "io/folder.h"
#include "io/tables/reference_wkt.h"
#include "io/tables/road_tables.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

std::optional<Line> parsed(const std::string& text) {
  Line points;
  std::string scratch;
  if (parse_linestring_as_reference(text, points, scratch)) return {};
  return points;
}

TEST_CASE("numbers as Java reads them") {
  for (const auto& [text, value] : std::vector<std::pair<std::string, double>>{{"1", 1},
                                                                               {"-1.5", -1.5},
                                                                               {"+.5", 0.5},
                                                                               {"5.", 5},
                                                                               {"1E2", 100},
                                                                               {"1.2e+1", 12},
                                                                               {"3D", 3},
                                                                               {"3.5F", 3.5},
                                                                               {"1E2D", 100},
                                                                               {"0X1.8P1", 3},
                                                                               {"0x.8p0f", 0.5},
                                                                               {"0.1", 0.1},
                                                                               {"\t7", 7},
                                                                               {"1e-400", 0},
                                                                               {"-0", -0.0}}) {
    CAPTURE(text);
    REQUIRE(parse_number(text));
    CHECK(*parse_number(text) == value);
    CHECK(std::signbit(*parse_number(text)) == std::signbit(value));
  }
  CHECK(std::isinf(*parse_number("1e999")));
  for (const char* text : {"",     ".",   "-",   "+-1", "1e",  "1e+", "NAN", "nan", "INFINITY", "inf",  "0x1",  "0x.p1",
                           "0xp1", "1 2", "1,2", "1_0", "1DD", "1L",  "D",   "E5",  "--1",      "0x1p", "0x1pF"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
}

TEST_CASE("line strings that are read") {
  const Line two{{1, 2}, {3, 4}};
  for (const char* text : {"LINESTRING (1 2, 3 4)", "\"LineString(1 2,3 4)\"", "  linestring ( 1 2 , 3 4 ) ",
                           "LINESTRING (1 2 9, 3 4 8 7)", "LINESTRING ((1 2), (3 4),,)",
                           "\"LINESTRING (1.0 2.,\"\" 3e0 4)\"", "LINESTRING (1 \t2, 3 4)"}) {
    CAPTURE(text);
    CHECK(parsed(text) == two);
  }
  for (const char* text : {"LINESTRING EMPTY", "linestring empty", "LINESTRING (1 2, EMPTY", "LINESTRINGEMPTY,12.5"}) {
    CAPTURE(text);
    CHECK(parsed(text) == Line{});
  }
  CHECK(parsed("LINESTRING (1 2)") == Line{{1, 2}});
}

TEST_CASE("line strings that are refused") {
  for (const char* text : {"", "POINT (1 2)", "MULTILINESTRING ((1 2, 3 4))", "LINESTRING ()", "LINESTRING (1 a, 3 4)",
                           "LINESTRING (1 2, 3)", "LINESTRING Z (1 2 0, 3 4 0)", "LINESTRING (1  2, 3 4)",
                           "LINESTRING (1\t2, 3 4)", "LINESTRING (NaN 2, 3 4)", "LINESTRING (1 2, 3 4),12.5",
                           "LINESTRING (1 2,, 3 4)", "LINESTRING (1 Infinity, 3 4)", "LINESTRING (1e999 2, 3 4)"}) {
    CAPTURE(text);
    CHECK_FALSE(parsed(text));
  }
  Line points;
  std::string scratch;
  CHECK(contains(*parse_linestring_as_reference("LINESTRING (1 \x1b[2Jx, 3 4)", points, scratch), "'?[2JX'"));
}

struct Table {
  explicit Table(const std::string& text) {
    write_file(dir / "roads.csv", text);
    source = open_road_tables({dir / "roads.csv"});
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (size_t i = 0; i < source->size(); ++i) ids.emplace_back(source->id(i));
    return ids;
  }
  TemporaryFolder dir;
  std::unique_ptr<RoadSource> source;
};

TEST_CASE("every kind of line end, skipped lines, rows that lie apart") {
  const std::vector<std::string> lines{"ImageId,WKT_Pix",
                                       "b,\"LINESTRING (1 2, 3 4)\"",
                                       "",
                                       "# b,LINESTRING (0 0, 9 9)",
                                       "  b,LINESTRING (3 4, 5 6)  ",
                                       "a,LINESTRING EMPTY",
                                       "imageidXYZ",
                                       "b,LINESTRING (5 6, 7 8)"};
  for (const char* end : {"\n", "\r", "\r\n"}) {
    for (const bool last_end : {true, false}) {
      std::string text;
      for (size_t i = 0; i < lines.size(); ++i) text += lines[i] + (last_end || i + 1 < lines.size() ? end : "");
      const Table table(text);
      CHECK(table.ids() == std::vector<std::string>{"a", "b"});
      const ImageRoads b = table.source->read(1);
      REQUIRE(b.lines.size() == 3);
      CHECK(b.lines[1].points == Line{{3, 4}, {5, 6}});
      CHECK((b.lines[0].place.row == 2 && b.lines[1].place.row == 5 && b.lines[2].place.row == 8));
      CHECK(table.source->read(0).lines.at(0).points.empty());
      CHECK(table.source->stray_rows().empty());
    }
  }
}

TEST_CASE("ids are sorted as UTF-16 is; rows without one are set apart") {
  const Table table(
      "\xEF\xBC\xA1,LINESTRING EMPTY\n\xF0\x9F\x98\x80,LINESTRING EMPTY\n\"q\" ,LINESTRING EMPTY\n ,LINESTRING "
      "EMPTY\n");
  CHECK(table.ids() == std::vector<std::string>{"q", "\xF0\x9F\x98\x80", "\xEF\xBC\xA1"});
  REQUIRE(table.source->stray_rows().size() == 1);
  CHECK(table.source->stray_rows()[0].place.row == 4);
  CHECK(utf16_less("a", "ab"));
  CHECK_FALSE(utf16_less("ab", "a"));
  CHECK_FALSE(utf16_less("a", "a"));
}

TEST_CASE("bad rows are kept apart with their place") {
  const Table table("ImageId,WKT_Pix\na,LINESTRING (1 2, 3 4)\nno comma\na,POINT (1 2)\na,LINESTRING (5 6, 7 8)\n");
  CHECK(table.ids() == std::vector<std::string>{"a"});
  REQUIRE(table.source->stray_rows().size() == 1);
  CHECK(table.source->stray_rows()[0].place.row == 3);
  const ImageRoads a = table.source->read(0);
  CHECK(a.lines.size() == 2);
  REQUIRE(a.bad.size() == 1);
  CHECK(contains(table.source->describe(a.bad[0].place), "roads.csv:4"));
}

TEST_CASE("several files are pooled in their order") {
  const TemporaryFolder dir;
  write_file(dir / "2.csv", std::string("a,LINESTRING (3 4, 5 6)\nb,LINESTRING EMPTY\n"));
  write_file(dir / "1.csv", std::string("a,LINESTRING (1 2, 3 4)\n"));
  write_file(dir / "x.txt", std::string("a,LINESTRING (9 9, 8 8)\n"));
  const auto source = open_road_tables(list_files(dir.path, {".csv"}));
  REQUIRE(source->size() == 2);
  const ImageRoads a = source->read(0);
  REQUIRE(a.lines.size() == 2);
  CHECK(a.lines[0].points[0] == Point{1, 2});
  CHECK(contains(source->describe(a.lines[1].place), "2.csv:1"));
  CHECK(contains(error_of([&] { list_files(dir.path, {".gpkg"}); }), ".gpkg"));
  CHECK(contains(error_of([&] { list_files(dir / "none", {".csv"}); }), "none"));
}

TEST_CASE("an empty file has no image") {
  CHECK(Table("").source->size() == 0);
  CHECK(Table("\n\r\n# only\nImageId,WKT_Pix").source->size() == 0);
  CHECK(Table("\xEF\xBB\xBF").source->size() == 0);
}

}  // namespace
}  // namespace ppl
