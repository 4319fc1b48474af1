// vectorize --mosaic as a process, and layers of several images: masks to roads to their score.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "io/tables/csv.h"
#include "io/tables/layers/vector_file.h"
#include "io/tables/wkt.h"
#include "tests/support/images/town_masks.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;

namespace {

nlohmann::json score_roads(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"roads", "--json", "--quiet", "--cities", "one"});
  const ProcessResult r = run_process("score", arguments);
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  return nlohmann::json::parse(r.out);
}

}  // namespace

TEST_CASE("tiles of a mosaic: a road across the edge is one line, in the place it has on the earth") {
  if (!have_gdal()) return;
  const Town town;
  town.place();
  const std::string csv = town.dir / "roads.csv", json = town.dir / "roads.geojson", gpkg = town.dir / "roads.gpkg";
  const ProcessResult r = town.run({"roads", town.masks(), csv, json, gpkg, "--mosaic", "town", "--json", "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  CHECK(nlohmann::json::parse(r.out)["roads"] == 3);
  // From the left border to the junction, over the edge at 128.
  CHECK(contains(read_text(csv), ", 0 60.5)") != contains(read_text(csv), "(0 60.5, "));
  const auto layer = nlohmann::json::parse(read_text(json));
  REQUIRE(layer["features"].size() == 3);
  CHECK(layer["features"][0]["properties"]["image_id"] == "town");
  for (const auto& feature : layer["features"]) {
    for (const auto& point : feature["geometry"]["coordinates"]) {
      CHECK(point[0].get<double>() == doctest::Approx(9.0).epsilon(0.001));  // central meridian of zone 32
      CHECK(point[1].get<double>() == doctest::Approx(46.95).epsilon(0.001));
    }
  }
  CHECK(read_text(gpkg).starts_with("SQLite format 3"));
  CHECK(contains(read_text(gpkg), "WGS 84 / UTM zone 32N"));
  CHECK(town.run({"roads", town.masks(), town.dir / "2.gpkg", "--mosaic", "town", "--quiet"}).exit_code == 0);
  CHECK(read_text(town.dir / "2.gpkg") == read_text(gpkg));
}

TEST_CASE("mosaics: tiles apart, places from images, tiles that do not fit") {
  if (!have_gdal()) return;
  const Town town;
  CHECK(one_line_naming(town.run({"roads", town.masks(), town.dir / "o.csv", "--mosaic", "m"}),
                        "a_mask.png: does not say"));
  const std::string images = town.dir / "images";
  std::filesystem::create_directory(images);
  const std::vector<uint8_t> grey(kSide * kSide, 90);
  write_mask_tiff(images + "/a_sat.tif", grey.data(), kSide, kSide, kPlace);
  write_mask_tiff(images + "/b.tif", grey.data(), kSide, kSide, moved(kPlace, 1000));
  const std::vector<std::string> run{"roads",    town.masks(), town.dir / "o.csv", "--mosaic", "m",
                                     "--images", images,       "--quiet"};
  CHECK(town.run(run).exit_code == 0);
  CHECK(count(read_text(town.dir / "o.csv"), "\nm_1,") == 1);
  CHECK(count(read_text(town.dir / "o.csv"), "\nm_2,") == 3);
  GeoReference other = kPlace;
  other.transform[1] = 0.4;
  write_mask_tiff(images + "/b.tif", grey.data(), kSide, kSide, other);
  CHECK(one_line_naming(town.run(run), "pixels of another size"));
  other = kPlace;
  other.crs = "EPSG:32633";
  write_mask_tiff(images + "/b.tif", grey.data(), kSide, kSide, other);
  CHECK(one_line_naming(town.run(run), "another coordinate system"));
}

// Tiles of 100 pixels, the last column and row smaller, one missing; a ring road around and a road through the middle.
TEST_CASE("a mosaic with ragged edges and a hole is as the whole image is") {
  if (!have_gdal()) return;
  constexpr int64_t kWidth = 260, kHeight = 230, kTile = 100;
  const auto is_road = [](int64_t r, int64_t c) {
    const double radius = std::hypot(static_cast<double>(r) - 115, static_cast<double>(c) - 130);
    return std::abs(radius - 90) <= 4 || (std::abs(r - 90) <= 4 && radius > 90);
  };
  const Town town;
  const std::string tiles = town.dir / "tiles";
  std::filesystem::create_directory(tiles);
  std::vector<uint8_t> whole(kWidth * kHeight, 0);
  for (int64_t top = 0; top < kHeight; top += kTile) {
    for (int64_t left = 0; left < kWidth; left += kTile) {
      if (top == 100 && left == 100) continue;  // the middle
      const int64_t height = std::min(kTile, kHeight - top), width = std::min(kTile, kWidth - left);
      std::vector<uint8_t> mask;
      for (int64_t r = top; r < top + height; ++r) {
        for (int64_t c = left; c < left + width; ++c) {
          mask.push_back(is_road(r, c));
          whole[static_cast<size_t>(r * kWidth + c)] = mask.back();
        }
      }
      GeoReference geo = moved(kPlace, static_cast<double>(left));
      geo.transform[3] += static_cast<double>(top) * geo.transform[5];
      write_mask_tiff(cat(tiles, "/t", top, "_", left, "_mask.tif"), mask.data(), height, width, geo);
    }
  }
  write_mask_tiff(town.dir / "town_mask.tif", whole.data(), kHeight, kWidth, kPlace);
  for (const char* kind : {"roads", "buildings"}) {
    const std::string of_tiles = town.dir / "tiles.csv", of_whole = town.dir / "whole.csv";
    CHECK(town.run({kind, tiles, of_tiles, "--mosaic", "town", "--quiet"}).exit_code == 0);
    CHECK(town.run({kind, town.dir / "town_mask.tif", of_whole, "--quiet"}).exit_code == 0);
    CHECK(read_text(of_tiles) == read_text(of_whole));
    CHECK(count(read_text(of_tiles), "\ntown,") >= (kind[0] == 'r' ? 4 : 1));
  }
}

TEST_CASE("layers of several images are scored as their masks are") {
  if (!have_gdal()) return;
  const Town town;
  town.place();
  const std::vector<uint8_t> nothing(kSide * kSide);
  write_mask_tiff(town.masks() + "/c_mask.tif", nothing.data(), kSide, kSide, moved(kPlace, 2 * kSide));
  for (const char* name : {"roads.geojson", "roads.gpkg"}) {
    CAPTURE(name);
    const std::string layer = town.dir / name;
    REQUIRE(town.run({"roads", town.masks(), layer, "--quiet"}).exit_code == 0);
    const auto result = score_roads({town.masks(), layer, "--images", town.masks()});
    REQUIRE(result["images"].size() == 3);
    for (int i = 0; i < 3; ++i) {
      CHECK(result["images"][i]["id"] == std::string(1, static_cast<char>('a' + i)));
      CHECK(result["images"][i]["apls"].get<double>() == doctest::Approx(1).epsilon(1e-6));
    }
    CHECK(result["images"][1]["road_metres"][0].get<double>() > 50);
    CHECK(result["images"][2]["road_metres"][0] == 0);
    // An image whose roads were not found.
    const auto worse =
        score_roads({layer, town.masks() + "/c_mask.tif", "--images", town.masks(), "--missing", "zero"});
    CHECK(worse["apls"].get<double>() == doctest::Approx(1.0 / 3));
    std::filesystem::create_directories(town.dir / "elsewhere");
    write_mask_tiff(town.dir / "elsewhere/c_mask.tif", nothing.data(), 9, 9, kPlace);
    write_mask_tiff(town.dir / "elsewhere/d_mask.tif", nothing.data(), 9, 9, moved(kPlace, 100));
    CHECK(one_line_naming(run_process("score", {"roads", layer, layer, "--quiet", "--images", town.dir / "elsewhere"}),
                          "no image of image 'a'"));
  }
}

TEST_CASE("layers of stitched mosaics are scored in the mosaic's pixels") {
  if (!have_gdal()) return;
  const Town town;
  town.place();
  for (const int64_t apart : {0, 1000}) {  // one mosaic, two
    const GeoReference far = moved(kPlace, static_cast<double>(apart + 2 * kSide));
    write_mask_tiff(town.masks() + "/c_mask.tif", ppl::test::town(kSide).data(), kSide, kSide, far);
    const std::string csv = town.dir / "roads.csv", json = town.dir / "roads.geojson", gpkg = town.dir / "roads.gpkg";
    REQUIRE(town.run({"roads", town.masks(), csv, json, gpkg, "--mosaic", "town", "--quiet"}).exit_code == 0);
    for (const std::string& layer : {json, gpkg}) {
      const auto result = score_roads({csv, layer, "--images", town.masks()});
      CHECK(result["images"].size() == (apart > 0 ? 2 : 1));
      CHECK(result["apls"].get<double>() == doctest::Approx(1).epsilon(1e-4));
    }
  }
}
