// rasterize as a process: the same map from every kind of file gives the same masks.
#include <doctest/doctest.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <osmium/io/any_input.hpp>
#include <osmium/io/pbf_output.hpp>
#include <random>

#include "tests/rasterize/rasterize_support.h"
#include "tests/support/maps/map_tables.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Shape {
  const char* wkt;
  const char* kind = "";
  int lanes = 0;
  double width = 0;
};

const std::vector<Shape> kRoads{
    {"LINESTRING (500010 5210200, 500200 5210200, 500240 5210240)", "residential", 0, 9.5},
    {"MULTILINESTRING ((500010 5210150, 500200 5210150), (500210 5210100, 500210 5210180))", "secondary", 3, 0},
    {"LINESTRING (500150 5210010, 500150 5210250)", "track", 0, 0},
    {"LINESTRING (500020 5210020, 500120 5210020)", "footway", 0, 0}};
const std::vector<Shape> kHouses{
    {"POLYGON ((500020 5210020, 500060 5210020, 500060 5210060, 500020 5210060, 500020 5210020), "
     "(500030 5210030, 500030 5210050, 500050 5210050, 500050 5210030, 500030 5210030))",
     "yes"},
    {"MULTIPOLYGON (((500100 5210100, 500110 5210100, 500110 5210110, 500100 5210110, 500100 5210100)), "
     "((500120 5210100, 500131 5210100, 500131 5210110, 500120 5210110, 500120 5210100)))",
     "shed"}};

void write_shapes(const std::string& path, const char* driver, OGRwkbGeometryType type,
                  const std::vector<Shape>& shapes) {
  const Dataset file = new_dataset(path, driver);
  OGRSpatialReference utm;
  utm.importFromEPSG(32632);
  OGRLayer* layer = file->CreateLayer("shapes", &utm, type, nullptr);
  REQUIRE(layer);
  OGRFieldDefn kind("kind", OFTString), lanes("n_lanes", OFTInteger), width("breadth", OFTReal);
  for (OGRFieldDefn* field : {&kind, &lanes, &width}) layer->CreateField(field);
  for (const Shape& shape : shapes) {
    OGRFeature feature(layer->GetLayerDefn());
    feature.SetField("kind", shape.kind);
    if (shape.lanes > 0) feature.SetField("n_lanes", shape.lanes);
    if (shape.width > 0) feature.SetField("breadth", shape.width);
    OGRGeometry* geometry = nullptr;
    REQUIRE(OGRGeometryFactory::createFromWkt(shape.wkt, nullptr, &geometry) == OGRERR_NONE);
    feature.SetGeometryDirectly(OGRGeometryFactory::forceTo(geometry, type));
    REQUIRE(layer->CreateFeature(&feature) == OGRERR_NONE);
  }
}

using Buffers = std::vector<osmium::memory::Buffer>;

void write_pbf(const std::string& path, const Buffers& buffers) {
  osmium::io::Writer writer(path, osmium::io::overwrite::allow);
  for (const auto& buffer : buffers) {
    for (const auto& item : buffer) writer(item);
  }
  writer.close();
}

// Enough nodes for several readings of blobs, each of few of them on a road, and in each blob some.
Buffers large_map() {
  constexpr int kNodes = 900'000, kEvery = 3'000;
  std::mt19937 random(1);
  Buffers buffers(2);
  for (auto& buffer : buffers) buffer = osmium::memory::Buffer(1 << 20, osmium::memory::Buffer::auto_grow::yes);
  const auto somewhere = [&](double from, double degrees) { return from + degrees * (random() % 1000000) * 1e-6; };
  for (int id = 1; id <= kNodes; ++id) {
    osmium::builder::NodeBuilder node(buffers[0]);
    node.set_id(id).set_location(osmium::Location(somewhere(9, 0.003), somewhere(47.042, 0.002)));
  }
  buffers[0].commit();
  for (int id = 1; id <= kNodes / kEvery - 2; ++id) {
    osmium::builder::WayBuilder way(buffers[1]);
    way.set_id(id);
    way.add_tags({{"highway", "track"}});
    osmium::builder::WayNodeListBuilder nodes(way);
    for (int step : {0, kEvery, kEvery + 1}) nodes.add_node_ref(id * kEvery + step);
  }
  buffers[1].commit();
  return buffers;
}

}  // namespace

TEST_CASE("every kind of OSM file gives the same masks") {
  const Mask roads = town_mask({}), houses = town_mask({"--theme", "buildings"});
  for (const char* extension : {".gz", ".bz2", ".pbf"}) {
    CHECK(town_mask({}, 1, kTown + extension).image.bytes == roads.image.bytes);
    CHECK(town_mask({"--theme", "buildings"}, 1, kTown + extension).image.bytes == houses.image.bytes);
  }
}

TEST_CASE("the order of a PBF file does not matter") {
  const TemporaryFolder dir;
  Buffers objects;
  {
    osmium::io::Reader reader(kTown);
    while (osmium::memory::Buffer buffer = reader.read()) objects.push_back(std::move(buffer));
  }
  REQUIRE(objects.size() == 1);
  Buffers kinds(3);
  for (auto& kind : kinds) kind = osmium::memory::Buffer(1024, osmium::memory::Buffer::auto_grow::yes);
  for (const auto& object : objects[0].select<osmium::OSMObject>()) {
    auto& kind = kinds[2 - osmium::item_type_to_nwr_index(object.type())];  // relations come first
    kind.add_item(object);
    kind.commit();
  }
  write_pbf(dir / "turned.osm.pbf", kinds);
  for (const Words& theme : {Words{}, Words{"--theme", "buildings"}}) {
    CHECK(town_mask(theme, 1, dir / "turned.osm.pbf").image.bytes == town_mask(theme).image.bytes);
  }
}

TEST_CASE("a large PBF file, read in pieces from its end, is the same as read a kind at a time") {
  const TemporaryFolder dir;
  Buffers map = large_map();
  write_pbf(dir / "sorted.osm.pbf", map);
  CHECK(fs::file_size(dir / "sorted.osm.pbf") > 3 << 20);
  std::swap(map[0], map[1]);
  write_pbf(dir / "turned.osm.pbf", map);
  const json sorted = summary_of({dir / "sorted.osm.pbf", "--out", dir / "s", "--json"}),
             turned = summary_of({dir / "turned.osm.pbf", "--out", dir / "t", "--json"});
  CHECK(sorted == turned);
  CHECK(sorted["features"] == 298);
  CHECK(sorted["missing_nodes"] == 0);
  CHECK(Mask(dir / "s/r0c0_mask.png").image.bytes == Mask(dir / "t/r0c0_mask.png").image.bytes);
  CHECK(Mask(dir / "s/r0c0_mask.png").count() > 10000);
}

TEST_CASE("GeoPackage, shapefile, FlatGeobuf and GeoJSON, with attributes for class, lanes and width") {
  const TemporaryFolder dir;
  const std::vector<std::pair<const char*, const char*>> formats{
      {"GPKG", ".gpkg"}, {"ESRI Shapefile", ".shp"}, {"FlatGeobuf", ".fgb"}, {"GeoJSON", ".geojson"}};
  const Words fields{"--kind-field", "kind", "--lanes-field", "n_lanes", "--width-field", "breadth"};
  for (const auto& [driver, name_ending] : formats) {
    const std::string extension = name_ending;
    CAPTURE(extension);
    const std::string roads = dir / ("roads" + extension), houses = dir / ("houses" + extension);
    write_shapes(roads, driver, wkbMultiLineString, kRoads);
    write_shapes(houses, driver, wkbMultiPolygon, kHouses);
    const Mask mask = town_mask(fields, 1, roads);
    CHECK(mask.at(100, 204.4) == 1);  // 9.5 m
    CHECK(mask.at(100, 205.1) == 0);
    CHECK(mask.at(100, 154.9) == 1);  // three lanes of 3.5 m
    CHECK(mask.at(100, 155.6) == 0);
    CHECK(mask.at(151.4, 100) == 1);  // a track's 3 m
    CHECK(mask.at(151.8, 100) == 0);
    CHECK(mask.at(60, 20) == 0);  // footway
    const Mask blocks = town_mask({"--theme", "buildings", "--kind-field", "kind"}, 1, houses);
    CHECK(blocks.count() == (40 * 40 - 20 * 20 + 10 * 10 + 11 * 10) * 4);
    CHECK(blocks.at(40, 40) == 0);
    CHECK(mask.image.bytes == town_mask(fields, 1, dir / "roads.gpkg").image.bytes);
    CHECK(blocks.image.bytes == town_mask({"--theme", "buildings"}, 1, dir / "houses.gpkg").image.bytes);
  }
}

TEST_CASE("several inputs, OSM and others, are drawn together") {
  const TemporaryFolder dir;
  write_shapes(dir / "a.gpkg", "GPKG", wkbMultiLineString, {kRoads[0]});
  write_shapes(dir / "b.geojson", "GeoJSON", wkbMultiLineString, {kRoads[1], kRoads[2]});
  Mask all = town_mask({});
  for (const char* name : {"a.gpkg", "b.geojson"}) {
    const Mask one = town_mask({"--kind-field", "kind"}, 1, dir / name);
    for (size_t i = 0; i < one.image.bytes.size(); ++i) all.image.bytes[i] |= one.image.bytes[i];
  }
  REQUIRE(
      draw({kTown, dir / "a.gpkg", dir / "b.geojson", "--kind-field", "kind", "--out", dir / "out"}, kGrid).exit_code ==
      0);
  const Mask together(dir / "out/r0c0_mask.png");
  CHECK(together.image.bytes == all.image.bytes);
}
