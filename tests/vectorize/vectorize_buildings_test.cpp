// Masks to polygons, polygons as text, shapes.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "io/geometry/shape.h"
#include "io/tables/csv.h"
#include "io/tables/wkt.h"
#include "io/vectorize/buildings.h"
#include "io/vectorize/square.h"
#include "tests/support/images/drawn.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;

namespace {

BitImage noise(int64_t height, int64_t width, uint32_t seed, uint32_t percent) {
  std::mt19937 random(seed);
  BitImage image(height, width);
  for (int64_t r = 0; r < height; ++r) {
    for (int64_t c = 0; c < width; ++c) {
      if (random() % 100 < percent) image.set(r, c);
    }
  }
  return image;
}

}  // namespace

TEST_CASE("contours run along pixels, outer rings clockwise, holes the other way") {
  const std::vector<Polygon> polygons = trace_polygons(drawn({"....", ".##.", ".##.", "...."}));
  REQUIRE(polygons.size() == 1);
  CHECK(polygons[0] == Polygon{{{1, 1}, {3, 1}, {3, 3}, {1, 3}}, {}});
  const std::vector<Polygon> ring = trace_polygons(drawn({"###", "#.#", "###"}));
  REQUIRE(ring.size() == 1);
  CHECK(ring[0].outer == Line{{0, 0}, {3, 0}, {3, 3}, {0, 3}});
  REQUIRE(ring[0].holes.size() == 1);
  CHECK(signed_area(ring[0].holes[0]) == -1);
  // Pixels that meet at a corner are two buildings; a hole that meets the outside at a corner is a hole.
  CHECK(trace_polygons(drawn({"#.", ".#"})).size() == 2);
  const std::vector<Polygon> pinched = trace_polygons(drawn({"####", "#..#", "#.##", "##.."}));
  REQUIRE(pinched.size() == 1);
  CHECK(area(pinched[0]) == 11);
  CHECK(trace_polygons(drawn({"##.", "##.", "..#"}), 2).size() == 1);
  CHECK(trace_polygons(BitImage(0, 0)).empty());
}

TEST_CASE("polygons of noise cover their pixels, no others, and are valid") {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    const BitImage image = noise(31, 66, seed, 35 + 5 * (seed % 6));
    const std::vector<Polygon> polygons = trace_polygons(image);
    double sum = 0;
    for (const Polygon& polygon : polygons) sum += area(polygon);
    CAPTURE(seed);
    CHECK(sum == static_cast<double>(image.count()));
    CHECK(filled(31, 66, polygons) == image);
    if (!have_geos()) continue;
    for (const Polygon& polygon : polygons) CHECK(Shape({polygon}).fault() == "");
    // Simplified they stay valid.
    for (const Polygon& polygon : polygons) CHECK(Shape({simplified_polygon(polygon, 1.5)}).fault() == "");
  }
}

TEST_CASE("buildings come back from their masks, with right angles where asked") {
  if (!have_geos()) return;
  std::mt19937 random(3);
  double plain = 0, square = 0;
  for (int i = 0; i < 20; ++i) {
    const double degrees = static_cast<double>(random() % 90), width = 30 + static_cast<double>(random() % 40);
    const Polygon truth{turned_rectangle({60.3, 60.8}, width, 25, degrees), {}};
    const BitImage mask = filled(120, 120, {truth});
    BuildingOptions options;
    const std::vector<Polygon> found = buildings_from_mask(mask, options);
    options.square = true;
    const std::vector<Polygon> squares = buildings_from_mask(mask, options);
    REQUIRE(found.size() == 1);
    REQUIRE(squares.size() == 1);
    CAPTURE(degrees);
    CHECK(shape_iou(Shape({truth}), Shape(found)) > 0.93);
    CHECK(shape_iou(Shape({truth}), Shape(squares)) > 0.93);
    plain += shape_iou(Shape({truth}), Shape(found)) / 20;
    square += shape_iou(Shape({truth}), Shape(squares)) / 20;
    CHECK(squares[0].outer.size() == 4);
    for (size_t k = 0; k < 4; ++k) {
      const Point a = squares[0].outer[k], b = squares[0].outer[(k + 1) % 4], c = squares[0].outer[(k + 2) % 4];
      CHECK(std::abs(dot(b - a, c - b)) < 1e-6 * length(b - a) * length(c - b));
    }
  }
  MESSAGE("mean IoU with the rectangles: simplified ", plain, ", squared ", square);
  CHECK(square > plain);
}

TEST_CASE("an L with a court keeps its hole; a disc does not become square") {
  if (!have_geos()) return;
  const Polygon court{{{20, 20}, {100, 20}, {100, 60}, {60, 60}, {60, 100}, {20, 100}},
                      {{{30, 30}, {30, 50}, {50, 50}, {50, 30}}}};
  BuildingOptions options;
  options.square = true;
  const std::vector<Polygon> found = buildings_from_mask(filled(120, 120, {court}), options);
  REQUIRE(found.size() == 1);
  CHECK(found[0].holes.size() == 1);
  CHECK(shape_iou(Shape(found), Shape({court})) > 0.999);
  Line circle;
  for (int i = 0; i < 90; ++i) circle.push_back({60 + 30 * std::cos(i * 0.0698), 60 + 30 * std::sin(i * 0.0698)});
  const std::vector<Polygon> round = buildings_from_mask(filled(120, 120, {{circle, {}}}), options);
  REQUIRE(round.size() == 1);
  CHECK(shape_iou(Shape(round), Shape({{circle, {}}})) > 0.93);
  options.min_area = 5000;
  CHECK(buildings_from_mask(filled(120, 120, {{circle, {}}}), options).empty());
  CHECK(squared({{0, 0}, {1, 0}, {0, 1}}, 25, 5).empty());
}

TEST_CASE("polygon text: what is read, what is written") {
  const auto read = [](const char* text) { return parse_polygons(text, "t.csv:2"); };
  const Polygon box{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}, {{{1, 1}, {1, 2}, {2, 2}}}};
  CHECK(read("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 1 1))") == std::vector<Polygon>{box});
  CHECK(read(" polygon z((0 0 7,4 0 7,4 4 7,0 4 7,0 0 7),(1 1 0,1 2 0,2 2 0,1 1 0)) ") == std::vector<Polygon>{box});
  CHECK(read("POLYGON ((0 0 0,4e0 0.0 0,+4 4 0,0 4 0,0 0 0),(1 1 0,1 2 0,2 2 0,1 1 0))") == std::vector<Polygon>{box});
  CHECK(read("MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), EMPTY, ((9 9, 8 9, 8 8, 9 9)))").size() == 2);
  CHECK(read("POLYGON EMPTY").empty());
  for (const char* nothing : {"MULTIPOLYGON EMPTY", "Polygon Z EMPTY", "POLYGONZM EMPTY", "GEOMETRYCOLLECTION EMPTY",
                              "MULTIPOLYGON Z (EMPTY, EMPTY)", "", " ", "nan", "None"}) {
    CAPTURE(nothing);
    CHECK(read(nothing).empty());
  }
  CHECK(read("GEOMETRYCOLLECTION (POLYGON ((0 0, 4 0, 4 4, 0 0)), POLYGON EMPTY)").size() == 1);
  CHECK(read(to_wkt(box, 2).c_str()) == std::vector<Polygon>{box});
  CHECK(to_wkt(Polygon{{{0.126, -0.001}, {1e7, 0}, {2, 2.5}}, {}}, 2) ==
        "POLYGON ((0.13 0, 10000000 0, 2 2.5, 0.13 0))");
  CHECK(to_wkt(Line{{0.5, 1}, {2, 3}}, 1) == "LINESTRING (0.5 1, 2 3)");
  CHECK(to_wkt(Line{}, 1) == "LINESTRING EMPTY");
  for (const char* wrong :
       {"POLYGON", "POLYGON (", "POLYGON (0 0, 1 1, 2 2, 0 0)", "POLYGON ((0 0, 1 1, 0 0))",
        "POLYGON ((0 0, 1 1, 2 0, 5 5))", "POLYGON ((0 0, 1 nan, 2 0, 0 0))", "POLYGON ((0 0, 1 1e999, 2 0, 0 0))",
        "POLYGON ((0 0, 1, 2 0, 0 0))", "POLYGON ((0 0, 1 1, 2 0, 0 0)) x", "LINESTRING (0 0, 1 1)",
        "POLYGON Q ((0 0, 1 1, 2 0, 0 0))", "POLYGON ((0 0, 1 1, 2 0, 0 0)", "MULTIPOLYGON ((0 0, 1 1, 2 0, 0 0))",
        "POLYGON ((0 0 1 2 3, 1 1, 2 0, 0 0))"}) {
    CAPTURE(wrong);
    CHECK(contains(error_of([&] { read(wrong); }), "t.csv:2: expected"));
  }
}

TEST_CASE("tables: quotes, line ends, columns by name") {
  CsvReader reader(
      "\xef\xbb\xbf"
      "A,b\r\n\r\n\"x,\"\"y\"\"\n2\",3\r4,\n,",
      "t.csv");
  std::vector<std::string> row;
  REQUIRE(reader.next(row));
  CHECK(find_column(row, {"a"}) == 0);
  CHECK(find_column(row, {"nothing", "B"}) == 1);
  CHECK(find_column(row, {"c"}) == -1);
  REQUIRE(reader.next(row));
  CHECK(row == std::vector<std::string>{"x,\"y\"\n2", "3"});
  CHECK(reader.line() == 3);
  REQUIRE(reader.next(row));
  CHECK(row == std::vector<std::string>{"4", ""});
  REQUIRE(reader.next(row));
  CHECK(row == std::vector<std::string>{"", ""});
  CHECK_FALSE(reader.next(row));
  CsvReader open("a\n\"b,c\n", "t.csv"), after("a\n\"b\"c\n", "t.csv");
  open.next(row), after.next(row);
  CHECK(error_of([&] { open.next(row); }) == "t.csv:2: a quote is not closed");
  CHECK(contains(error_of([&] { after.next(row); }), "t.csv:2: expected a separator"));
  CHECK(csv_field("a,\"b\"") == "\"a,\"\"b\"\"\"");
}

TEST_CASE("tables: fields and rows without an end are refused before they take memory") {
  std::vector<std::string> row;
  const std::string long_text(size_t{65} << 20, 'x');
  for (const std::string& text : {"a\n" + long_text, "a\n\"" + long_text + "\""}) {
    CsvReader reader(text, "t.csv");
    reader.next(row);
    CHECK(error_of([&] { reader.next(row); }) == "t.csv:2: a field of 65 MB; expected at most 64");
  }
  const std::string commas(20'000, ',');
  CsvReader wide(commas, "t.csv");
  CHECK(contains(error_of([&] { wide.next(row); }), "t.csv:1: a row of more than 10000 fields"));
}

TEST_CASE("shapes: areas, faults, repair, index") {
  if (!have_geos()) return;
  const auto box = [](double x, double y, double side) {
    return Shape({Polygon{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}, {}}});
  };
  CHECK(shape_iou(box(0, 0, 2), box(1, 0, 2)) == doctest::Approx(2.0 / 6));
  CHECK(shape_iou(box(0, 0, 2), box(5, 0, 2)) == 0);
  CHECK(shape_iou(Shape(), Shape()) == 0);
  CHECK(Shape().area() == 0);
  const Shape bow({Polygon{{{0, 0}, {2, 2}, {2, 0}, {0, 2}}, {}}});
  CHECK(contains(bow.fault(), "Self-intersection"));
  CHECK(bow.repaired().fault() == "");
  const ShapeIndex index({box(0, 0, 1), Shape(), box(10, 10, 1), box(0.5, 0.5, 20)});
  CHECK(index.find(box(0, 0, 1)) == std::vector<size_t>{0, 3});
  CHECK(index.find(box(100, 0, 1)).empty());
  CHECK(contains(error_of([] { Shape({Polygon{{{0, 0}, {NAN, 2}, {2, 0}}, {}}}); }), "no number"));
}

TEST_CASE("damaged tables and polygons: an Error or a result, nothing else") {
  const std::string table =
      "ImageId,BuildingId,PolygonWKT_Pix,Confidence\r\na_1,1,\"POLYGON ((0 0 0, 10 0, 1e1 10.5, 0 10, 0 0 0), (1 1, 2 "
      "1, 2 2, "
      "1 1))\",0.5\na_2,2,\"MULTIPOLYGON Z (((0 0, 4 0, 4 4, 0 0)), EMPTY)\",1\n\"a,\"\"3\",-1,POLYGON EMPTY,1\n";
  const std::string alphabet = "0123456789.-+eE,() \"\n\rPOLYGONZMT\0x\xff";
  std::mt19937 random(11);
  int64_t read = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = table;
    for (uint32_t k = 1 + random() % 4; k > 0; --k) {
      const size_t at = random() % text.size(), n = random() % 6;
      switch (random() % 3) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.erase(at, n + 1);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), n));
          break;
      }
      if (text.empty()) text = "x";
    }
    try {
      CsvReader reader(text, "t");
      std::vector<std::string> row;
      while (reader.next(row)) {
        for (const std::string& field : row) {
          if (field.find("POLYGON") != std::string::npos)
            read += static_cast<int64_t>(parse_polygons(field, "t").size());
        }
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(read > 1000);
  CHECK(refused > 1000);
}
