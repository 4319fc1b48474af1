// What a map's file is by its first bytes, what its features are by their attributes, and packed files.
#include <doctest/doctest.h>

#include <random>

#include "io/maps/feature_rules.h"
#include "io/maps/map_format.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;

namespace {

MapFormat format_of(const std::string& begin) { return map_format_of(begin, true, "f").format; }

}  // namespace

TEST_CASE("maps are told apart by how they begin") {
  CHECK(format_of("<?xml version='1.0'?>\n<!-- made -->\n<osm version='0.6'>") == MapFormat::osm_xml);
  CHECK(format_of("\xef\xbb\xbf<osmChange version=\"0.6\">") == MapFormat::osm_xml);
  CHECK(format_of("<kml><Document/></kml>") == MapFormat::other);
  CHECK(format_of("<!-- <osm> --><gpx/>") == MapFormat::other);
  CHECK(format_of(std::string("\0\0\0\x0e\x0a\x09OSMHeader\x18\x7c", 17)) == MapFormat::osm_pbf);
  CHECK(format_of("\xff\xe0\x04o5m2") == MapFormat::osm_o5m);
  const std::string feature = "{\"type\": \"Feature\", \"properties\": {\"a\": \"}\\\"\"}, \"geometry\": null}";
  CHECK(format_of(feature) == MapFormat::geojson_lines);
  CHECK(format_of(feature + "\n" + feature + "\n") == MapFormat::geojson_lines);
  CHECK(format_of("\x1e" + feature + "\n\x1e" + feature) == MapFormat::geojson_lines);
  CHECK(format_of("{\n\"type\": \"Feature\", \"properties\": {}}") == MapFormat::other);
  CHECK(format_of("{\"type\": \"FeatureCollection\", \"features\": [" + feature + "]}") == MapFormat::other);
  const MapFile tabbed = map_format_of("AAA\t" + feature + "\nBBB\t" + feature, true, "f");
  CHECK(tabbed.format == MapFormat::geojson_lines);
  CHECK(tabbed.behind_tab);
  CHECK(format_of("id\tname\n1\tx") == MapFormat::other);
  const MapFile open_buildings =
      map_format_of("latitude,longitude,confidence,geometry\n1,2,0.5,\"POLYGON((0 0,1 1,1 0,0 0))\"", true, "f");
  CHECK(open_buildings.format == MapFormat::table);
  CHECK(open_buildings.places_named);
  CHECK_FALSE(map_format_of("\"WKT\";\"name\"\n", true, "f").places_named);
  CHECK(format_of("\"WKT\";\"name\"\n") == MapFormat::table);
  CHECK(format_of("") == MapFormat::other);
}

TEST_CASE("known files that are no maps are called what they are") {
  const auto reason = [](const std::string& begin) { return error_of([&] { map_format_of(begin, true, "f.osm"); }); };
  CHECK(contains(reason("\r\n<!doctype HTML>"), "f.osm: is a web page"));
  CHECK(contains(reason("<?xml version=\"1.0\"?>\n<!-- x --><html><body>Error"), "f.osm: is a web page"));
  CHECK(contains(reason("version https://git-lfs.github.com/spec/v1"), "Git LFS"));
  CHECK(contains(reason("\x28\xb5\x2f\xfd rest"), "zstd"));
  CHECK(contains(reason("7z\xbc\xaf\x27\x1c"), "7-Zip"));
  CHECK(contains(reason("{\"version\": 0.6, \"osm3s\": {}, \"elements\": ["), "[out:xml]"));
  CHECK(contains(reason("<osmAugmentedDiff/>"), "augmented difference"));
  const TemporaryFolder dir;
  CHECK(contains(error_of([&] { look_at_map(dir / "none"); }), "no such file"));
  write_file(dir / "empty", "");
  CHECK(contains(error_of([&] { look_at_map(dir / "empty"); }), "is empty"));
  CHECK(look_at_map(dir.path).format == MapFormat::other);
}

TEST_CASE("any beginning is looked at without harm") {
  std::mt19937 random(3);
  const std::string seeds[] = {"<?xml?><!-- --><osm>", "{\"type\": \"Feature\", \"a\": [\"\\\"\"]}\n{",
                               "a,geometry\n1,\"x\"", "AAA\t{\"type\": \"Feature\"}"};
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % 4];
    for (int change = 0; change < 4; ++change) text[random() % text.size()] = static_cast<char>(random());
    error_of([&] { map_format_of(std::string_view(text).substr(0, random() % (text.size() + 1)), random() % 2, "f"); });
  }
}

TEST_CASE("the first of several values; words that stand for nothing; classes of what is not there") {
  CHECK(first_value("['residential', 'tertiary']") == "residential");
  CHECK(first_value("[\"a b\",\"c\"]") == "a b");
  CHECK(first_value("residential; service") == "residential");
  CHECK(first_value("  x ") == "x");
  for (const char* nothing : {"", "nan", "None", "NULL", "<NA>", "[]", " "}) CHECK(first_value(nothing).empty());
  for (const char* no : {"", "no", "No", "F", "0", "false"}) CHECK(says_no(no));
  for (const char* yes : {"yes", "T", "1", "culvert", "building_passage"}) CHECK_FALSE(says_no(yes));
  CHECK(nothing_there("proposed"));
  CHECK(nothing_there("Demolished"));
  CHECK_FALSE(nothing_there("construction"));
  CHECK(parse_lanes("2.0") == 2);
  CHECK(parse_lanes("2.5") == std::nullopt);
}
