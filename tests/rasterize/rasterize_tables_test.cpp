// Tables of tiles and of widths, and world files: what they say, and that nothing else than an Error comes of bad ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <numbers>
#include <random>
#include <thread>

#include "apps/rasterize/widths.h"
#include "io/image/white_margin.h"
#include "io/places/projection.h"
#include "io/places/tile_frame.h"

using namespace ppl;
using rasterize::WidthTable;

namespace {

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool names(const std::function<void()>& body, const std::string& what) {
  const std::string text = error_of(body);
  CAPTURE(text);
  return text.find(what) != std::string::npos;
}

const std::string kCsv =
    "id,transform,crs,width,height\n"
    "a,500000 0.5 0 5210256 0 -0.5,EPSG:32632,512,256\n"
    "\"b,c\",\"9 1e-5 0 47 0 -1e-5\",EPSG:4326,10,20\r\n";
const std::string kJson =
    R"([{"id": "a", "transform": [500000, 0.5, 0, 5210256, 0, -0.5], "crs": "EPSG:32632", "width": 512,
         "height": 256}])";
const std::string kWorld = "0.5\n0\n0\n-0.5\n500000.25\n5210255.75\n";

// Changes a few bytes, cuts, and repeats pieces.
std::string mutated(std::string text, std::mt19937& random) {
  static const std::string kBytes = "0123456789-+.,eE\"\n\r{}[]: naifx\0\xff";
  for (size_t changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
    const size_t at = random() % text.size(), length = random() % 12;
    switch (random() % 4) {
      case 0:
        text[at] = kBytes[random() % kBytes.size()];
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(random() % text.size(), length));
        break;
      default:
        text.resize(random() % 8 == 0 ? at : text.size());
    }
  }
  return text;
}

// Parses changed copies until the seconds of $PPL_FUZZ_SECONDS, or a number of them, have passed.
void fuzz(const std::vector<std::string>& corpus, const std::function<void(const std::string&)>& parse) {
  const char* seconds = std::getenv("PPL_FUZZ_SECONDS");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds == nullptr ? 0 : std::atoi(seconds));
  std::mt19937 random(seconds == nullptr ? 1 : std::random_device{}());
  int64_t parsed = 0, refused = 0;
  for (int64_t i = 0; i < 300 || std::chrono::steady_clock::now() < end; ++i) {
    std::string text = mutated(corpus[random() % corpus.size()], random);
    if (i % 3 == 0) text = mutated(text, random);
    try {
      parse(text);
      ++parsed;
    } catch (const Error&) {
      ++refused;
    }
  }
  MESSAGE(parsed << " parsed, " << refused << " refused");
  CHECK(refused > 0);
}

}  // namespace

TEST_CASE("a CSV table places its tiles") {
  const TileFrames frames = parse_table_csv(kCsv, "t.csv");
  REQUIRE(frames.tiles.size() == 2);
  CHECK(frames.tiles[0].id == "a");
  CHECK(frames.tiles[0].width == 512);
  CHECK(frames.tiles[0].height == 256);
  CHECK(frames.tiles[0].transform == std::array<double, 6>{500000, 0.5, 0, 5210256, 0, -0.5});
  CHECK(frames.tiles[1].id == "b,c");
  CHECK(frames.tiles[1].crs == 1);
  CHECK(frames.crs[1].find("WGS 84") != std::string::npos);
}

TEST_CASE("a JSON table places its tiles, as a list or by id") {
  const TileFrames list = parse_table_json(kJson, "t.json");
  const TileFrames by_id = parse_table_json("{\"a\": " + kJson.substr(1, kJson.size() - 2) + "}", "t.json");
  CHECK(list.tiles.at(0).transform == by_id.tiles.at(0).transform);
  CHECK(list.tiles[0].id == by_id.tiles[0].id);
  CHECK(list.tiles[0].height == 256);
}

TEST_CASE("wrong tables are refused with row and reason") {
  const auto csv = [](const std::string& rows) {
    return [=] { parse_table_csv("id,transform,crs,width,height\n" + rows, "t.csv"); };
  };
  CHECK(names([] { parse_table_csv("id,crs\n", "t.csv"); }, "no column 'transform'"));
  CHECK(names(csv(""), "holds no tiles"));
  CHECK(names(csv("a,0 1 0 0 0,EPSG:4326,1,1\n"), "t.csv row 2: expected six numbers"));
  CHECK(names(csv("a,0 1 0 0 0 nan,EPSG:4326,1,1\n"), "places no tile"));
  CHECK(names(csv("a,0 1 0 0 0 -1 7,EPSG:4326,1,1\n"), "more than six"));
  CHECK(names(csv("a,0 1 0 0 1 0,EPSG:4326,1,1\n"), "places no tile"));
  CHECK(names(csv("a,0 1 0 0 0 -1,EPSG:99999999,1,1\n"), "coordinate system"));
  CHECK(names(csv("a,0 1 0 0 0 -1,/etc/passwd,1,1\n"), "coordinate system"));
  CHECK(names(csv("a,0 1 0 0 0 -1,,1,1\n"), "coordinate system"));
  CHECK(names(csv("a,0 1 0 0 0 -1,EPSG:4326,0,1\n"), "pixels a side"));
  CHECK(names(csv("a,0 1 0 0 0 -1,EPSG:4326,99999999999,1\n"), "pixels a side"));
  CHECK(names(csv("../a,0 1 0 0 0 -1,EPSG:4326,1,1\n"), "file's name"));
  CHECK(names(csv("a,0 1 0 0 0 -1,EPSG:4326,1,1\na,0 1 0 0 0 -1,EPSG:4326,1,1\n"), "twice"));
  CHECK(names(csv("a,0 1 0 0 0 -1,EPSG:4326,1\n"), "expected 5 fields"));
  CHECK(names(csv("\"a,0 1 0 0 0 -1,EPSG:4326,1,1\n"), "does not end"));
  const auto json = [](const std::string& text) { return [=] { parse_table_json(text, "t.json"); }; };
  CHECK(names(json("[{]"), "no JSON table"));
  CHECK(names(json("[]"), "holds no tiles"));
  CHECK(names(json("7"), "expected a list"));
  CHECK(names(json("[{\"id\": 7}]"), "entry 1"));
  CHECK(names(json("{\"a\": {}}"), "'transform' is missing"));
  CHECK(names(json(std::string(5000, '[')), "levels"));
}

TEST_CASE("a world file's origin is the centre of the first pixel") {
  CHECK(parse_world_file(kWorld, "w") == std::array<double, 6>{500000, 0.5, 0, 5210256, 0, -0.5});
  // Turned: column steps (1, 2), row steps (3, -4), centre of the first pixel (10, 20).
  CHECK(parse_world_file("1 2 3 -4 10 20", "w") == std::array<double, 6>{8, 1, 3, 21, 2, -4});
  CHECK(names([] { parse_world_file("1\n2\n3\n", "w.jgw"); }, "w.jgw: expected six numbers of a world file; number 4"));
  CHECK(names([] { parse_world_file("1\n2\nnan\n4\n5\n6\n", "w"); }, "number 3"));
  CHECK(names([] { parse_world_file("", "w"); }, "number 1"));
}

TEST_CASE("a grid covers its bounds with whole tiles from the north-west corner on") {
  const TileFrames grid = frames_of_grid({"EPSG:32632", {500000, 5210000, 500600, 5210513}, 0.5, 512});
  REQUIRE(grid.tiles.size() == 9);
  CHECK(grid.tiles[0].id == "r0c0");
  CHECK(grid.tiles[8].id == "r2c2");
  CHECK(grid.tiles[5].transform == std::array<double, 6>{500512, 0.5, 0, 5210257, 0, -0.5});
  CHECK(names([] { frames_of_grid({"EPSG:32632", {1, 0, 0, 1}, 0.5, 512}); }, "west < east"));
  CHECK(names([] { frames_of_grid({"EPSG:32632", {0, 0, 1e9, 1e9}, 0.5, 1}); }, "at most"));
  CHECK(names([] { frames_of_grid({"EPSG:32632", {0, 0, 1, 1}, 0, 512}); }, "pixel"));
}

TEST_CASE("coordinate systems by what people write for them; part of a name, files and heights alone are none") {
  const std::string utm = crs_of_epsg(32632), degrees = crs_of_epsg(4326);
  const auto metres_off = [&](const std::string& text) {
    const Point there = Projection(degrees, crs_from_text(text, "test")).apply(Point{11, 47});
    return distance(there, Projection(degrees, utm).apply(Point{11, 47}));
  };
  for (const char* text : {"epsg:32632", "urn:ogc:def:crs:EPSG::32632", "WGS 84 / UTM zone 32N", "+init=epsg:32632",
                           "+proj=utm +zone=32 +datum=WGS84", "+proj=utm +zone=32 +ellps=WGS84 +nadgrids=@null"}) {
    CAPTURE(text);
    CHECK(metres_off(text) < 1e-3);
  }
  CHECK(metres_off(utm) == 0);
  for (const char* text : {"", " ", "UTM zone", "EPSG:1", "EPSG:5773", "+proj=utm", "GEOGCS[", "/etc/passwd",
                           "+proj=utm +zone=32 +ellps=WGS84 +nadgrids=/etc/passwd", "+init=/etc/passwd:1"}) {
    CAPTURE(text);
    CHECK(names([&] { crs_from_text(text, "where.csv"); }, "where.csv: expected a geographic or projected"));
  }
  CHECK(names([&] { Projection(degrees, "no text of a system"); }, "no coordinate system in"));
}

TEST_CASE("projections lead there and back, in threads of their own; meridians come round") {
  const std::string degrees = crs_of_epsg(4326), utm = crs_of_epsg(32632);
  CHECK(meridian_period(degrees) == doctest::Approx(360).epsilon(1e-12));
  CHECK(meridian_period(crs_of_epsg(3857)) == doctest::Approx(2 * std::numbers::pi * 6378137).epsilon(1e-12));
  CHECK(meridian_period(crs_of_epsg(3395)) == doctest::Approx(2 * std::numbers::pi * 6378137).epsilon(1e-12));
  CHECK(meridian_period(utm) == 0);
  std::vector<double> off(4, 1e9);
  std::vector<std::jthread> threads;
  for (size_t t = 0; t < off.size(); ++t) {
    threads.emplace_back([&, t] {
      Projection there(degrees, utm), back = there.inverse();
      const Point place{9 + static_cast<double>(t), 47};
      off[t] = distance(back.apply(there.apply(place)), place);
    });
  }
  threads.clear();
  CHECK(*std::max_element(off.begin(), off.end()) < 1e-9);
  // A degree east of the central meridian on the equator, by the series of transverse mercator.
  const Point east = Projection(degrees, utm).apply(Point{10, 0});
  CHECK(east.x == doctest::Approx(611280.84).epsilon(1e-6));
  CHECK(std::abs(east.y) < 1e-6);
  CHECK(std::isnan(Projection(degrees, utm).apply(Point{9, 95}).x));
}

TEST_CASE("the standard widths are a table that can be read again") {
  const WidthTable standard = WidthTable::standard(), again = WidthTable::parse(standard.json(), "printed");
  CHECK(again.json() == standard.json());
  CHECK(standard.width_of({"residential", 0, 0, false}) == 6);
  CHECK(standard.width_of({"residential", 0, 2, false}) == 7);
  CHECK(standard.width_of({"residential", 9.5, 2, false}) == 9.5);
  CHECK(standard.draws("track"));
  CHECK_FALSE(standard.draws("footway"));
  const auto table = [](const std::string& classes) {
    return
        [=] { WidthTable::parse("{\"lane_width\": 3, \"other_width\": 5, \"classes\": " + classes + "}", "w.json"); };
  };
  CHECK(error_of(table("{\"road\": {\"width\": 4}}")).empty());
  CHECK(names(table("{}"), "'classes'"));
  CHECK(names(table("{\"road\": {\"width\": 0}}"), "class 'road': expected more than 0"));
  CHECK(names(table("{\"road\": {\"width\": 4, \"class\": 255}}"), "1 to 254"));
  CHECK(names(table("{\"road\": {\"width\": 4, \"colour\": 1}}"), "unknown key 'colour'"));
  CHECK(names([] { WidthTable::parse("{", "w.json"); }, "expected a JSON table of widths"));
  CHECK(names([] { WidthTable::parse("{\"lanes\": 3}", "w.json"); }, "unknown key 'lanes'"));
}

TEST_CASE("published thickness: lanes by class, or as tagged, times pixels a lane, cut to a whole number") {
  const auto thickness = [](const char* kind, int lanes) {
    return rasterize::published_thickness({kind, 0, lanes, false}, 8);
  };
  CHECK(thickness("motorway", 0) == 12);
  CHECK(thickness("tertiary_link", 0) == 12);
  CHECK(thickness("residential", 0) == 8);
  CHECK(thickness("track", 0) == 4);
  CHECK(thickness("living_street", 0) == 4);
  CHECK(thickness("footway", 0) == 8);
  CHECK(thickness("track", 3) == 24);
  CHECK(rasterize::published_thickness({"motorway", 0, 0, false}, 5) == 7);
}

TEST_CASE("white that reaches in from the border is a margin, white inside is not") {
  Image image = Image::make(20, 20, 3);
  const auto paint = [&](int64_t row, int64_t column) {
    for (int64_t b = 0; b < 3; ++b) image.u8()[(row * 20 + column) * 3 + b] = 255;
  };
  for (int64_t i = 0; i < 20; ++i) paint(i, 0), paint(i, 1);
  paint(10, 10);
  const std::vector<uint8_t> margin = white_margins(image);
  CHECK(std::count(margin.begin(), margin.end(), 1) == 40);
  CHECK(margin[10 * 20 + 10] == 0);
  Image speck = Image::make(20, 20, 1);
  speck.bytes[0] = 255;
  const std::vector<uint8_t> none = white_margins(speck);
  CHECK(std::count(none.begin(), none.end(), 1) == 0);
}

TEST_CASE("changed tables and world files give tiles or an Error, nothing else") {
  fuzz({kCsv, "id,transform,crs,width,height\nq,\"0 1 2 3 4 5\",EPSG:3857,3,4\n"},
       [](const std::string& text) { parse_table_csv(text, "fuzz"); });
  fuzz({kJson, "{\"a\": " + kJson.substr(1, kJson.size() - 2) + "}"},
       [](const std::string& text) { parse_table_json(text, "fuzz"); });
  fuzz({kWorld, "1 2 3 -4 10 20"}, [](const std::string& text) { parse_world_file(text, "fuzz"); });
  fuzz({WidthTable::standard().json(), "{\"lane_width\":3,\"other_width\":5,\"classes\":{\"road\":{\"width\":4}}}"},
       [](const std::string& text) { WidthTable::parse(text, "fuzz"); });
}
