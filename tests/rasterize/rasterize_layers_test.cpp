// rasterize as a process: layers of OGR as Geofabrik, BBBike, Overture, QGIS, osmnx, ogr2ogr, osmium, Google and
// Microsoft give them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/file.h"
#include "tests/rasterize/rasterize_support.h"
#include "tests/support/io_support.h"
#include "tests/support/maps/map_tables.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// The same in degrees, for formats that are always in them.
const char* const kLine = "[[9.0002633, 47.0453166], [9.0028962, 47.0453166]]";    // 200 m north
const char* const kSecond = "[[9.0002633, 47.0449567], [9.0028962, 47.0449566]]";  // 160 m
const char* const kSquare =
    "[[[9.0002633, 47.0436968], [9.0003949, 47.0436968], [9.0003949, 47.0437868], [9.0002633, 47.0437868], [9.0002633, "
    "47.0436968]]]";  // 20 to 30 m

// What it says without --quiet.
ProcessResult spoken(const std::string& input, const std::string& out, const Words& more = {}) {
  Words words{input, "--out", out, "--json"};
  words.insert(words.end(), kGrid.begin(), kGrid.end());
  words.insert(words.end(), more.begin(), more.end());
  return run_process("rasterize", words);
}

const Words kBuildings{"--theme", "buildings"};

}  // namespace

TEST_CASE("Geofabrik's archive: roads by fclass; rails, rivers and land use of the same classes are none") {
  const TemporaryFolder dir;
  const Row fields{"fclass", "tunnel"};
  const std::vector<Table> tables{
      {"gis_osm_roads_free_1",
       wkbLineString,
       fields,
       {{line_at(200), "residential", "F"},
        {line_at(180), "primary", "T"},
        {line_at(160), "track_grade3", "F"},
        {line_at(140), "footway", "F"}}},
      {"gis_osm_railways_free_1", wkbLineString, fields, {{line_at(120), "rail", "F"}}},
      {"gis_osm_waterways_free_1", wkbLineString, {"fclass", "width"}, {{line_at(100), "river", "30"}}},
      {"gis_osm_landuse_a_free_1", wkbPolygon, {"fclass"}, {{square_at(20, 20), "residential"}}},
      {"gis_osm_buildings_a_free_1",
       wkbPolygon,
       {"fclass", "type"},
       {{square_at(60, 20), "building", "house"}, {square_at(100, 20), "building", "-"}}}};
  fs::create_directories(dir / "shapes");
  write_tables(dir / "shapes", "ESRI Shapefile", tables);
  write_tables(dir / "all.gpkg", "GPKG", tables);
  REQUIRE(std::system(
              ("cd " + (dir / "shapes") + " && python3 -m zipfile -c ../region-latest-free.shp.zip *").c_str()) == 0);
  fs::copy_file(dir / "region-latest-free.shp.zip", dir / "unnamed");
  for (const char* name : {"all.gpkg", "shapes", "region-latest-free.shp.zip", "unnamed"}) {
    CAPTURE(name);
    for (const Words& style : {Words{}, Words{"--style", "published", "--classes", "residential,track"}}) {
      const Mask roads = town_mask(style, 1, dir / name);
      CHECK(roads.at(100, 200.2) == 1);
      CHECK(roads.at(100, 160.2) == 1);
      for (const double north : {180.2, 140.2, 120.2, 100.2, 30.2}) CHECK(roads.at(100, north) == 0);
      CHECK(roads.at(30, 30) == 0);
    }
    CHECK(town_mask(kBuildings, 1, dir / name).count() == 2 * 1600);
    CHECK(town_mask({"--theme", "buildings", "--classes", "house"}, 1, dir / name).count() == 1600);
  }
  const ProcessResult said = spoken(dir / "all.gpkg", dir / "said");
  CHECK(contains(said.err, "gis_osm_landuse_a_free_1 passed over"));
  CHECK(contains(said.err, "3 of classes that are not drawn (footway 1, rail 1, river 1)"));
  CHECK(json::parse(said.out)["features"] == 2);
  // A layer of something else alone is not drawn for want of a better one.
  const auto alone = [&](const std::string& name) {
    return draw({dir / ("shapes/" + name + ".shp"), "--out", dir / "alone"}, kGrid);
  };
  CHECK(one_line_naming(alone("gis_osm_railways_free_1"), "(rail 1)"));
  CHECK(one_line_naming(alone("gis_osm_landuse_a_free_1"), "no class of roads"));
}

TEST_CASE("BBBike's type and Overture's class and subtype are known; segments of other subtypes are no roads") {
  const TemporaryFolder dir;
  write_tables(dir / "bbbike.gpkg", "GPKG",
               {{"roads", wkbLineString, {"type"}, {{line_at(200), "residential"}, {line_at(180), "steps"}}},
                {"railways", wkbLineString, {"type"}, {{line_at(160), "tram"}}},
                {"landuse", wkbPolygon, {"type"}, {{square_at(20, 20), "residential"}}},
                {"buildings", wkbPolygon, {"type"}, {{square_at(60, 20), "yes"}, {square_at(100, 20), "-"}}}});
  CHECK(summary_of({dir / "bbbike.gpkg", "--out", dir / "a", "--json"})["features"] == 1);
  CHECK(town_mask(kBuildings, 1, dir / "bbbike.gpkg").count() == 2 * 1600);
  write_tables(dir / "segment.gpkg", "GPKG",
               {{"segment",
                 wkbLineString,
                 {"subtype", "class", "road_flags"},
                 {{line_at(200), "road", "residential", "-"},
                  {line_at(180), "rail", "standard_gauge", "-"},
                  {line_at(160), "water", "-", "-"},
                  {line_at(140), "road", "primary", "[ { \"values\": [ \"is_tunnel\" ], \"between\": null } ]"},
                  {line_at(120), "road", "primary", "[ { \"values\": [ \"is_bridge\" ], \"between\": null } ]"}}}});
  const Mask segments = town_mask({}, 1, dir / "segment.gpkg");
  for (const auto& [north, value] : {std::pair{200.2, 1}, {180.2, 0}, {160.2, 0}, {140.2, 0}, {120.2, 1}})
    CHECK(segments.at(100, north) == value);
  write_tables(dir / "building.gpkg", "GPKG",
               {{"theme",
                 wkbPolygon,
                 {"subtype", "class", "has_parts", "is_underground"},
                 {{square_at(20, 20), "residential", "house", "false", "false"},
                  {square_at(60, 20), "-", "-", "false", "-"},
                  {square_at(100, 20), "-", "-", "false", "true"}}}});
  CHECK(town_mask(kBuildings, 1, dir / "building.gpkg").count() == 2 * 1600);
}

TEST_CASE("an export of everything: only what has the class is drawn, by the rules of OSM files") {
  const TemporaryFolder dir;
  write_tables(dir / "all.gpkg", "GPKG",
               {{"lines",
                 wkbLineString,
                 {"highway", "waterway", "other_tags"},
                 {{line_at(200), "residential", "-", "\"width\"=>\"9.5\",\"name\"=>\"a \\\"b\\\"\""},
                  {line_at(180), "primary", "-", "\"bridge\"=>\"no\",\"tunnel\"=>\"yes\""},
                  {line_at(160), "-", "river", "-"},
                  {line_at(140), "proposed", "-", "-"},
                  {line_at(120), "['residential', 'tertiary']", "-", "\"lanes\"=>\"['3', '2']\""},
                  {line_at(100), "no", "-", "-"},
                  {line_at(80), "nan", "-", "-"}}},
                {"multipolygons",
                 wkbPolygon,
                 {"building", "landuse", "other_tags"},
                 {{square_at(20, 20), "yes", "-", "-"},
                  {square_at(60, 20), "no", "-", "-"},
                  {square_at(100, 20), "yes", "-", "\"location\"=>\"underground\""},
                  {square_at(140, 20), "-", "forest", "-"},
                  {square_at(180, 20), "demolished", "-", "-"},
                  {square_at(220, 20), "-", "-", "\"highway\"=>\"pedestrian\",\"area\"=>\"yes\""}}}});
  const Mask roads = town_mask({}, 1, dir / "all.gpkg");
  for (const auto& [north, value] : {std::pair{204.4, 1},
                                     {205.1, 0},
                                     {180.2, 0},
                                     {160.2, 0},
                                     {140.2, 0},
                                     {124.9, 1},
                                     {125.6, 0},
                                     {100.2, 0},
                                     {80.2, 0}}) {
    CHECK(roads.at(100, north) == value);
  }
  CHECK(roads.at(230, 30) == 1);  // a square for pedestrians
  CHECK(roads.at(30, 30) == 0);
  CHECK(town_mask(kBuildings, 1, dir / "all.gpkg").count() == 1600);
  CHECK(town_mask({"--tunnels"}, 1, dir / "all.gpkg").at(100, 180.2) == 1);
}

TEST_CASE("a closed way that an export made a polygon of is drawn as the way it is") {
  const TemporaryFolder dir;
  const std::string begin = "{\"type\": \"FeatureCollection\", \"features\": [", end = "]}";
  const auto feature = [](const std::string& properties, const std::string& type, const std::string& places) {
    return "{\"type\": \"Feature\", \"properties\": {" + properties + "}, \"geometry\": {\"type\": \"" + type +
           "\", \"coordinates\": " + places + "}}";
  };
  std::ofstream(dir / "round.geojson") << begin << feature("\"highway\": \"track\"", "Polygon", kSquare) << end;
  std::ofstream(dir / "area.geojson") << begin
                                      << feature("\"highway\": \"pedestrian\", \"area\": \"yes\"", "Polygon", kSquare)
                                      << end;
  const Mask round = town_mask({}, 1, dir / "round.geojson"), area = town_mask({}, 1, dir / "area.geojson");
  CHECK(round.at(25, 25) == 0);
  CHECK(round.at(21, 25) == 1);
  CHECK(area.at(25, 25) == 1);
  // Lists of GeoJSON, and a member that holds all tags.
  std::ofstream(dir / "lists.geojson") << begin
                                       << feature("\"highway\": [\"residential\", \"service\"], \"lanes\": [2, 3]",
                                                  "LineString", kLine)
                                       << "," << feature("\"highway\": \"track\"", "LineString", kSecond) << end;
  CHECK(town_mask({}, 1, dir / "lists.geojson").at(100, 203.3) == 1);
  CHECK(town_mask({}, 1, dir / "lists.geojson").at(100, 203.7) == 0);
  std::ofstream(dir / "tags.geojson") << begin
                                      << feature("\"tags\": {\"highway\": \"residential\", \"tunnel\": \"no\"}",
                                                 "LineString", kLine)
                                      << "," << feature("\"tags\": {\"waterway\": \"river\"}", "LineString", kSecond)
                                      << end;
  CHECK(summary_of({dir / "tags.geojson", "--out", dir / "t", "--json"})["features"] == 1);
}

TEST_CASE("a layer without a class is drawn with a warning, and refused where it cannot be right") {
  const TemporaryFolder dir;
  write_tables(dir / "one.gpkg", "GPKG",
               {{"a", wkbLineString, {"name"}, {{line_at(200), "x"}}},
                {"layer_styles", wkbNone, {"styleQML"}, {{"", "<qgis/>"}}}});
  write_tables(
      dir / "two.gpkg", "GPKG",
      {{"a", wkbLineString, {"name"}, {{line_at(200), "x"}}}, {"b", wkbLineString, {"name"}, {{line_at(160), "x"}}}});
  write_tables(dir / "houses.gpkg", "GPKG", {{"a", wkbPolygon, {"name"}, {{square_at(20, 20), "x"}}}});
  const ProcessResult warned = spoken(dir / "one.gpkg", dir / "w");
  CHECK(warned.exit_code == 0);
  CHECK(contains(warned.err, "no attribute says what the features are"));
  CHECK(contains(warned.err, "name"));
  const auto refused = [&](const std::string& name, const Words& more, const std::string& reason) {
    Words words{dir / name, "--out", dir / "out"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(one_line_naming(draw(words, kGrid), reason));
  };
  refused("one.gpkg", {"--classes", "residential"}, "it has name; name one with --kind-field");
  refused("one.gpkg", {"--style", "published"}, "it has name");
  refused("one.gpkg", {"--values", "classes"}, "it has name");
  refused("one.gpkg", {"--kind-field", "klass"}, "has no attribute 'klass'; it has name");
  refused("two.gpkg", {}, "choose a layer with --layer");
  write_tables(dir / "mixed.gpkg", "GPKG",
               {{"border", wkbPolygon, {"name"}, {{square_at(20, 20), "x"}}},
                {"ways", wkbLineString, {"highway"}, {{line_at(200), "track"}}}});
  refused("mixed.gpkg", {"--theme", "buildings"}, "choose a layer with --layer");
  refused("houses.gpkg", {}, "--theme buildings");
  refused("one.gpkg", {"--theme", "buildings"}, "has no layer of polygons; its layers: a, layer_styles");
  CHECK_FALSE(fs::exists(dir / "out"));
  // Large values: of attributes that nobody asks for they do not matter.
  const std::string large(2 << 20, 'x');
  write_tables(dir / "large.gpkg", "GPKG",
               {{"a", wkbLineString, {"highway", "name"}, {{line_at(200), "track", large}}}});
  CHECK(town_mask({}, 1, dir / "large.gpkg").at(100, 200.2) == 1);
  write_tables(dir / "kind.gpkg", "GPKG", {{"a", wkbLineString, {"highway", "name"}, {{line_at(200), large, "x"}}}});
  refused("kind.gpkg", {}, "'highway' has 2097152 bytes; expected at most");
  CHECK(town_mask({"--layer", "b"}, 1, dir / "two.gpkg").at(100, 160.2) == 1);
  CHECK(town_mask({"--layer", "b"}, 1, dir / "two.gpkg").at(100, 200.2) == 0);
  CHECK(town_mask({"--all-features"}, 1, dir / "two.gpkg").at(100, 200.2) == 1);
  CHECK(town_mask({"--all-features"}, 1, dir / "houses.gpkg").at(30, 30) == 1);
  CHECK(town_mask({"--all-features", "--style", "published"}, 1, dir / "one.gpkg").at(100, 200.2) == 1);
}

TEST_CASE("buildings and roads as Google and Microsoft publish them, packed or not") {
  const TemporaryFolder dir;
  const std::string wkt =
      "POLYGON((9.0002633 47.0436968, 9.0003949 47.0436968, 9.0003949 47.0437868, 9.0002633 47.0437868, 9.0002633 "
      "47.0436968))";
  std::ofstream(dir / "open_buildings.csv")
      << "latitude,longitude,area_in_meters,confidence,geometry,full_plus_code\n47.04,9.0,100,0.9,\"" << wkt
      << "\",8FVC+XX\n";
  const std::string feature = "{\"type\": \"Feature\", \"properties\": {\"height\": -1}, \"geometry\": {\"type\": \"";
  std::ofstream(dir / "part.csv") << feature << "Polygon\", \"coordinates\": " << kSquare << "}}\n"
                                  << feature << "Polygon\", \"coordinates\": " << kSquare << "}}\n";
  std::ofstream(dir / "roads.tsv") << "CHE\t" << feature << "LineString\", \"coordinates\": " << kLine << "}}\nCHE\t"
                                   << feature << "LineString\", \"coordinates\": " << kSecond << "}}\n";
  const std::vector<uint8_t> house = town_mask(kBuildings, 1, dir / "open_buildings.csv").image.bytes,
                             roads = town_mask({}, 1, dir / "roads.tsv").image.bytes;
  CHECK(std::count(house.begin(), house.end(), 1) == 400);
  CHECK(town_mask(kBuildings, 1, dir / "part.csv").image.bytes == house);
  CHECK(town_mask({}, 1, dir / "roads.tsv").at(100, 160.2) == 1);
  // A table does not declare that it holds polygons.
  CHECK(one_line_naming(draw({dir / "open_buildings.csv", "--out", dir / "out"}, kGrid), "--theme buildings"));
  for (const char* name : {"open_buildings.csv", "part.csv", "roads.tsv"}) {
    REQUIRE(std::system(("gzip -k " + (dir / name)).c_str()) == 0);
    fs::copy_file(dir / (std::string(name) + ".gz"), dir / (std::string(name) + ".unnamed"));
  }
  for (const char* extension : {".gz", ".unnamed"}) {
    CHECK(town_mask(kBuildings, 1, (dir / "open_buildings.csv") + extension).image.bytes == house);
    CHECK(town_mask(kBuildings, 1, (dir / "part.csv") + extension).image.bytes == house);
    CHECK(town_mask({}, 1, (dir / "roads.tsv") + extension).image.bytes == roads);
  }
  CHECK(one_line_naming(draw({dir / "roads.tsv", "--classes", "road", "--out", dir / "out"}, kGrid), "--all-features"));
  std::ofstream(dir / "torn.tsv") << read_text(dir / "roads.tsv") << "CHE\t{\"type\": \"Feature\", \"geom";
  CHECK(one_line_naming(draw({dir / "torn.tsv", "--out", dir / "out"}, kGrid), "torn.tsv, line 3"));
  std::ofstream(dir / "no_place.csv") << "id,wkt\n1,\"" << wkt << "\"\n";
  CHECK(one_line_naming(draw({dir / "no_place.csv", "--theme", "buildings", "--out", dir / "out"}, kGrid),
                        "--source-crs"));
  CHECK(town_mask({"--theme", "buildings", "--source-crs", "EPSG:4326"}, 1, dir / "no_place.csv").image.bytes == house);
}

TEST_CASE("maps that have nothing to do with the tiles: empty, off the earth, elsewhere") {
  const TemporaryFolder dir;
  const auto geojson = [&](const std::string& name, const std::string& places) {
    std::ofstream(dir / name) << "{\"type\": \"FeatureCollection\", \"features\": ["
                              << (places.empty()
                                      ? ""
                                      : "{\"type\": \"Feature\", \"properties\": {\"highway\": \"primary\"}, "
                                        "\"geometry\": {\"type\": \"LineString\", \"coordinates\": " +
                                            places + "}}")
                              << "]}";
    return dir / name;
  };
  const std::string empty = geojson("empty.geojson", ""),
                    metres = geojson("metres.geojson", "[[500010, 5210200], [500200, 5210200]]"),
                    swapped = geojson("swapped.geojson", "[[47.0453166, 9.0002633], [47.0453166, 9.0028962]]");
  CHECK(summary_of({empty, "--out", dir / "e", "--json"})["foreground"] == 0);
  CHECK(
      one_line_naming(draw({empty, "--out", dir / "g", "--grid", "--crs", "EPSG:32632", "--pixel", "1"}), "--bounds"));
  CHECK(one_line_naming(draw({metres, "--out", dir / "out"}, kGrid), "is no place in degrees"));
  CHECK(town_mask({"--source-crs", "EPSG:32632"}, 1, metres).at(100, 200.2) == 1);
  const std::string degrees = geojson("degrees.geojson", kLine);
  CHECK(town_mask({"--source-crs", "EPSG:32632"}, 1, degrees).image.bytes == town_mask({}, 1, degrees).image.bytes);
  const ProcessResult elsewhere = draw({swapped, "--out", dir / "out"}, kGrid);
  CHECK(one_line_naming(elsewhere, "no feature of the map is on any of the 1 tiles"));
  CHECK(contains(elsewhere.err, "47.0453 to 47.0453 east"));
  CHECK(contains(elsewhere.err, "exchanged"));
  CHECK_FALSE(fs::exists(dir / "out"));
  CHECK(summary_of({swapped, "--allow-empty", "--out", dir / "a", "--json"})["empty"] == 1);
}
