// The made-up town: repeatable, consistent between image, masks, georeference and OSM; and town as a process.
#include <doctest/doctest.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>

#include "apps/town/osm.h"
#include "apps/town/render.h"
#include "apps/town/town_files.h"
#include "io/file.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;

namespace {

constexpr double kWidth = 640, kHeight = 512, kMetres = 0.5;

const synthetic::Town& town() {
  static const synthetic::Town built = synthetic::make_town(kWidth, kHeight, 7);
  return built;
}

synthetic::Window everything() {
  return {{0, 0}, kMetres, static_cast<int>(kWidth / kMetres), static_cast<int>(kHeight / kMetres)};
}

bool set(const cv::Mat& mask, synthetic::Point p) {
  const int x = cvFloor(p.x / kMetres), y = cvFloor(p.y / kMetres);
  return x >= 0 && y >= 0 && x < mask.cols && y < mask.rows && mask.at<uint8_t>(y, x) != 0;
}

bool inside(synthetic::Point p, double by) { return p.x > by && p.y > by && p.x < kWidth - by && p.y < kHeight - by; }

double share(const cv::Mat& mask) { return cv::countNonZero(mask) / static_cast<double>(mask.total()); }

// What a file of OSM XML says, by its lines.
struct OsmWay {
  std::vector<int64_t> nodes;
  std::map<std::string, std::string> tags;
};
struct OsmMap {
  std::map<int64_t, synthetic::Point> nodes;  // longitude, latitude
  std::vector<OsmWay> ways;
  std::vector<double> bounds;  // minlat, minlon, maxlat, maxlon
};

// The value of `name="..."` on a line, nothing where there is none.
std::string attribute(const std::string& line, const std::string& name) {
  const size_t at = line.find(" " + name + "=\"");
  if (at == std::string::npos) return {};
  const size_t from = at + name.size() + 3;
  return line.substr(from, line.find('"', from) - from);
}

OsmMap parse_osm(const std::string& text) {
  OsmMap map;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto starts = [&](const char* element) { return line.find(element) != std::string::npos; };
    const auto number = [&](const char* name) { return std::stod(attribute(line, name)); };
    if (starts("<node ")) map.nodes[std::stoll(attribute(line, "id"))] = {number("lon"), number("lat")};
    if (starts("<way ")) map.ways.emplace_back();
    if (starts("<nd ")) map.ways.back().nodes.push_back(std::stoll(attribute(line, "ref")));
    if (starts("<tag ")) map.ways.back().tags[attribute(line, "k")] = attribute(line, "v");
    if (starts("<bounds ")) map.bounds = {number("minlat"), number("minlon"), number("maxlat"), number("maxlon")};
  }
  return map;
}

std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_text(entry.path().string());
  }
  return files;
}

ProcessResult run_town(std::vector<std::string> arguments) { return run_process("town", std::move(arguments)); }

}  // namespace

TEST_CASE("the town has roads of every class, joined to one road graph") {
  const synthetic::StreetGraph& graph = town().graph;
  std::set<synthetic::RoadClass> classes;
  std::vector<int> parent(graph.nodes.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const synthetic::Road& road : graph.roads) {
    classes.insert(road.kind);
    CHECK(cv::norm(road.line.front() - graph.nodes[road.from]) < 1e-9);
    CHECK(cv::norm(road.line.back() - graph.nodes[road.to]) < 1e-9);
    parent[root(road.from)] = root(road.to);
  }
  CHECK(classes.size() == 6);
  for (const synthetic::Road& road : graph.roads) CHECK(root(road.from) == root(graph.roads[0].from));
  CHECK(town().buildings.size() > 100);
  CHECK(town().trees.size() > 500);
  CHECK(town().cars.size() > 50);
}

TEST_CASE("masks show each road over its whole width, and houses beside them") {
  const cv::Mat roads = synthetic::road_mask(town().graph, everything()),
                houses = synthetic::building_mask(town(), everything());
  CHECK(share(roads) > 0.03);
  CHECK(share(roads) < 0.3);
  CHECK(share(houses) > 0.03);
  CHECK(share(houses) < 0.4);
  CHECK(share(roads & houses) < 2e-4);
  int64_t looked = 0, missing = 0, outside = 0;
  for (const synthetic::Road& road : town().graph.roads) {
    const double half = synthetic::style_of(road.kind).width / 2, total = synthetic::length(road.line);
    for (double along = 1; along < total; along += 5) {
      const synthetic::Station s = synthetic::station(road.line, along);
      if (!inside(s.at, 10)) continue;
      ++looked;
      for (const double across : {-half + kMetres, 0.0, half - kMetres})
        missing += !set(roads, s.at + synthetic::left_of(s.direction) * across);
      outside += set(roads, s.at + synthetic::left_of(s.direction) * (half + 2 * kMetres));
    }
  }
  CHECK(looked > 500);
  CHECK(missing == 0);
  // Beside a road there is another one only at junctions.
  CHECK(outside < looked / 4);
}

TEST_CASE("neighbouring images fit together") {
  const cv::Mat wide = synthetic::render_image(town(), {{128, 128}, kMetres, 256, 128});
  const cv::Mat right = synthetic::render_image(town(), {{192, 128}, kMetres, 128, 128});
  CHECK(wide.type() == CV_8UC3);
  const double difference = cv::norm(wide(cv::Rect(128, 0, 128, 128)), right, cv::NORM_L1) / (3.0 * 128 * 128);
  CHECK(difference < 1);
  cv::Scalar mean, deviation;
  cv::meanStdDev(wide, mean, deviation);
  for (int i = 0; i < 3; ++i) {
    CHECK(mean[i] > 50);
    CHECK(mean[i] < 170);
    CHECK(deviation[i] > 15);
  }
}

TEST_CASE("OSM: every reference resolves, classes and lanes are there, houses are closed") {
  const std::string text = synthetic::osm_xml(town());
  const OsmMap map = parse_osm(text);
  REQUIRE(map.bounds.size() == 4);
  std::map<std::string, int> highways;
  std::map<int64_t, int> used;
  int buildings = 0;
  for (const OsmWay& way : map.ways) {
    REQUIRE(way.nodes.size() >= 2);
    for (const int64_t node : way.nodes) CHECK(map.nodes.contains(node));
    if (way.tags.contains("building")) {
      ++buildings;
      CHECK(way.nodes.size() >= 5);
      CHECK(way.nodes.front() == way.nodes.back());
    }
    if (!way.tags.contains("highway")) continue;
    ++highways[way.tags.at("highway")];
    for (const int64_t node : std::set<int64_t>(way.nodes.begin(), way.nodes.end())) ++used[node];
    if (way.tags.at("highway") == "primary") CHECK(way.tags.at("lanes") == "3");
    if (way.tags.at("highway") == "residential") CHECK_FALSE(way.tags.at("name").empty());
  }
  for (const char* kind : {"primary", "secondary", "tertiary", "residential", "service", "track"})
    CHECK(highways[kind] > 0);
  CHECK(buildings == static_cast<int>(town().buildings.size()));
  CHECK(std::count_if(used.begin(), used.end(), [](const auto& n) { return n.second > 1; }) > 20);
}

TEST_CASE("GDAL reads the OSM file") {
  const TemporaryFolder dir;
  write_file(dir / "town.osm", synthetic::osm_xml(town()));
  GDALAllRegister();
  if (GetGDALDriverManager()->GetDriverByName("OSM") == nullptr) {
    MESSAGE("skipped: this GDAL reads no OSM");
    return;
  }
  std::unique_ptr<GDALDataset> file(GDALDataset::Open((dir / "town.osm").c_str(), GDAL_OF_VECTOR));
  REQUIRE(file);
  std::map<std::string, int> features;
  for (OGRFeature* feature; (feature = file->GetNextFeature(nullptr, nullptr, nullptr, nullptr)) != nullptr;) {
    ++features[feature->GetDefnRef()->GetName()];
    OGRFeature::DestroyFeature(feature);
  }
  CHECK(features["multipolygons"] == static_cast<int>(town().buildings.size()));
  CHECK(features["lines"] > 30);
}

TEST_CASE("town as a process: the same seed gives the same bytes, and tiles lie where OSM says") {
  const TemporaryFolder dir;
  const std::vector<std::string> small{"--tiles", "6", "--val", "2", "--size", "192", "--quiet"};
  const auto run = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), dir / name);
    more.insert(more.end(), small.begin(), small.end());
    const ProcessResult r = run_town(more);
    CHECK(r.exit_code == 0);
    CHECK(r.out.empty());
    CHECK(r.err.empty());
    return files_of(dir / name);
  };
  const auto first = run("a", {"--seed", "5"});
  CHECK(first.size() == 6 * 2 + 2 * 2 + 2);
  CHECK(first == run("b", {"--seed", "5"}));
  CHECK(first.at("town.osm") != run("c", {"--seed", "6"}).at("town.osm"));

  const OsmMap map = parse_osm(first.at("town.osm"));
  OGRSpatialReference wgs84, crs;
  wgs84.importFromEPSG(4326);
  wgs84.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  int on_tiles = 0, on_roads = 0;
  for (const auto& [name, content] : first) {
    if (!name.ends_with("_sat.tif")) continue;
    const auto reference = read_georeference(dir / "a/" + name);
    REQUIRE(reference);
    crs.importFromWkt(reference->crs.c_str());
    crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    CHECK(std::string(crs.GetAuthorityCode(nullptr)) == "32632");
    std::unique_ptr<OGRCoordinateTransformation> transform(OGRCreateCoordinateTransformation(&wgs84, &crs));
    const auto& t = reference->transform;
    const Image mask = read_mask(dir / "a/" + name.substr(0, name.size() - 8) + "_mask.png");
    CHECK(mask.width == 192);
    for (const OsmWay& way : map.ways) {
      if (!way.tags.contains("highway")) continue;
      for (const int64_t node : way.nodes) {
        double x = map.nodes.at(node).x, y = map.nodes.at(node).y;
        REQUIRE(transform->Transform(1, &x, &y));
        const double column = (x - t[0]) / t[1], row = (y - t[3]) / t[5];
        if (column < 1 || row < 1 || column > 191 || row > 191) continue;
        ++on_tiles;
        on_roads += mask.u8()[static_cast<int64_t>(row) * 192 + static_cast<int64_t>(column)];
      }
    }
  }
  CHECK(on_tiles > 20);
  CHECK(on_roads == on_tiles);
}

TEST_CASE("town as a process: kinds of masks") {
  const TemporaryFolder dir;
  for (const char* kind : {"buildings", "classes"}) {
    CHECK(run_town({dir / kind, "--tiles", "4", "--val", "0", "--masks", kind, "--quiet"}).exit_code == 0);
    CHECK_FALSE(fs::exists(dir / kind + std::string("/val")));
  }
  std::set<uint8_t> values;
  for (const char* id : {"r00c00", "r00c01", "r01c00", "r01c01"}) {
    const Image classes = read_mask(dir / "classes/train/" + id + "_mask.png", 2);
    const Image buildings = read_mask(dir / "buildings/train/" + id + "_mask.png");
    values.insert(classes.bytes.begin(), classes.bytes.end());
    for (size_t i = 0; i < classes.bytes.size(); ++i) REQUIRE((classes.bytes[i] == 2) == (buildings.bytes[i] == 1));
  }
  CHECK(values == std::set<uint8_t>{0, 1, 2});
}

TEST_CASE("town as a process: what goes wrong") {
  const TemporaryFolder dir;
  write_file(dir / "file", "x");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{dir.path},
                                                    {dir / "file"},
                                                    {dir / "new", "--tiles", "0"},
                                                    {dir / "new", "--size", "7"},
                                                    {dir / "new", "--gsd", "nan"},
                                                    {dir / "new", "--tiles", "1000000"},
                                                    {"/proc/no/such"}}) {
    const ProcessResult r = run_town(arguments);
    CAPTURE(arguments);
    CHECK(r.exit_code == 1);
    CHECK(r.err.starts_with("town: "));
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  }
  CHECK(std::distance(fs::directory_iterator(dir.path), {}) == 1);
  CHECK(run_town({}).exit_code == 2);
  CHECK(run_town({dir / "new", "--seed", "x"}).exit_code == 2);
  CHECK(run_town({dir / "new", "--masks", "trees"}).exit_code == 2);
  CHECK(run_town({"--version"}).out.starts_with("town (pplinknet) "));
}
