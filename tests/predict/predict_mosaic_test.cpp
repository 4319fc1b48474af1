// predict as a process: mosaics, vectors, a full disk.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/file.h"
#include "io/tables/layers/vector_file.h"
#include "io/vectorize/raster.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// A rectangle of the image as a tile where it lies.
void write_part(const std::string& path, const Image& whole, int64_t row, int64_t column, int64_t height,
                int64_t width) {
  Image part = Image::make(height, width, 3);
  for (int64_t y = 0; y < height; ++y)
    std::copy_n(whole.u8() + ((row + y) * whole.width + column) * 3, width * 3, part.u8() + y * width * 3);
  GeoReference place = kPlace;
  place.transform[0] += 0.5 * static_cast<double>(column);
  place.transform[3] -= 0.5 * static_cast<double>(row);
  write_scene(path, part, {}, place);
}

// 2 x 3 tiles of an image of 200 x 300.
void write_mosaic(const std::string& folder, const Image& whole) {
  fs::create_directories(folder);
  for (int i = 0; i < 6; ++i)
    write_part(folder + "/p" + std::to_string(i) + ".tif", whole, i / 3 * 100, i % 3 * 100, 100, 100);
}

}  // namespace

TEST_CASE("tiles that say where they lie are predicted as the image that they make together") {
  const TemporaryFolder dir;
  const Image image = made_image(200, 300, 14);
  write_scene(dir / "scene.tif", image);
  write_mosaic(dir / "in", image);
  REQUIRE(predict(in_windows({dir / "scene.tif", dir / "whole.tif"})).exit_code == 0);
  REQUIRE(predict(in_windows({dir / "in", dir / "mosaic.tif", "--mosaic", "--cog"})).exit_code == 0);
  CHECK(read_probabilities(dir / "mosaic_prob.tif").values == read_probabilities(dir / "whole_prob.tif").values);
  CHECK(read_image(dir / "mosaic.tif").bytes == read_image(dir / "whole.tif").bytes);
  CHECK(read_georeference(dir / "mosaic.tif")->transform == kPlace.transform);
  CHECK(read_text(dir / "mosaic.tif").find("LAYOUT=IFDS_BEFORE_DATA") != std::string::npos);
  CHECK(read_text(dir / "whole.tif").find("LAYOUT=IFDS_BEFORE_DATA") == std::string::npos);
  for (const auto& entry : fs::directory_iterator(dir.path)) CHECK(entry.path().extension() != ".tmp");
  const json line = json::parse(read_text(dir / "mosaic_manifest.jsonl"));
  CHECK(line["id"] == "mosaic");
  CHECK(line["confidence"].get<double>() >= 0.5);
}

TEST_CASE("web map tiles lie where their names say") {
  const TemporaryFolder dir;
  for (const char* name : {"18/1000/2000", "18/1001/2000", "18/1001/2001"}) {
    fs::create_directories(fs::path(dir / (cat("in/", name))).parent_path());
    write_png(dir / cat("in/", name, ".png"), made_image(64, 64, 18));
  }
  REQUIRE(predict({dir / "in", dir / "m.tif", "--mosaic", "--recursive", "--vectors", dir / "m.geojson"}).exit_code ==
          0);
  const Image mask = read_image(dir / "m.tif");
  CHECK(mask.height == 128);
  CHECK(mask.width == 128);
  CHECK(mask.u8()[127 * 128] == 255);  // no tile
  CHECK(mask.u8()[0] != 255);
  const GeoReference place = *read_georeference(dir / "m.tif");
  const double side = 2 * 20037508.342789244, tile = side / (1 << 18);
  CHECK(place.transform[0] == doctest::Approx(1000 * tile - side / 2).epsilon(1e-9));
  CHECK(place.transform[3] == doctest::Approx(side / 2 - 2000 * tile).epsilon(1e-9));
  CHECK(place.transform[1] == doctest::Approx(tile / 64));
  CHECK(place.crs.find("3857") != std::string::npos);
}

TEST_CASE("a mosaic is done without its damaged tiles, which are named; shared or not") {
  const TemporaryFolder dir;
  const Image image = made_image(200, 300, 15);
  write_mosaic(dir / "in", image);
  const auto size = fs::file_size(dir / "in/p1.tif");
  std::ofstream(dir / "in/p4.tif") << "no image";
  {
    std::fstream damaged(dir / "in/p1.tif", std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(static_cast<std::streamoff>(size / 3));
    damaged << std::string(size / 3, 'x');
  }
  for (const bool share : {false, true}) {
    const std::string out = share ? "shared" : "alone";
    std::vector<std::string> arguments = in_windows({dir / "in", dir / (out + ".tif"), "--mosaic"});
    if (share) arguments.emplace_back("--share");
    const ProcessResult r = predict(arguments);
    CHECK(r.exit_code == 1);
    CHECK(r.err.find("tile p1") != std::string::npos);
    CHECK(r.err.find("tile p4") != std::string::npos);
    const Image mask = read_image(dir / (out + ".tif"));
    CHECK(mask.u8()[50 * 300 + 150] == 255);
    CHECK(mask.u8()[150 * 300 + 150] == 255);
    CHECK(mask.u8()[50 * 300 + 50] != 255);
    std::ifstream lines(dir / (out + "_manifest.jsonl"));
    size_t failed = 0;
    for (std::string line; std::getline(lines, line);) failed += json::parse(line).contains("error");
    CHECK(failed == 2);
    // The same command again leaves the result alone and says the same.
    if (!share) continue;
    const auto before = fs::last_write_time(dir / (out + ".tif"));
    const ProcessResult again = predict(arguments);
    CHECK(again.exit_code == 1);
    CHECK(again.err == r.err);
    CHECK(fs::last_write_time(dir / (out + ".tif")) == before);
  }
}

TEST_CASE("vectors are those that vectorize makes of the masks, joined across tiles") {
  const TemporaryFolder dir;
  GeoReference utm = kPlace;
  utm.crs = "EPSG:32632";
  const Image image = made_image(200, 300, 16);
  fs::create_directories(dir / "in");
  for (int i = 0; i < 2; ++i) {
    Image half = Image::make(200, 150, 3);
    for (int64_t y = 0; y < 200; ++y)
      std::copy_n(image.u8() + (y * 300 + 150 * i) * 3, 150 * 3, half.u8() + y * 150 * 3);
    GeoReference place = utm;
    place.transform[0] += 75.0 * i;
    write_scene(dir / (i == 0 ? "in/a.tif" : "in/b.tif"), half, {}, place);
  }
  // A scene.
  REQUIRE(predict({dir / "in", dir / "m.tif", "--mosaic", "--vectors", dir / "m.geojson", dir / "m.fgb"}).exit_code ==
          0);
  // What was found is the map: nothing is missing; the map stays as it is.
  const ProcessResult missing = predict({dir / "in", dir / "n.tif", "--mosaic", "--vectors", dir / "n.geojson",
                                         "--missing-from", dir / "m.geojson", "--within", "3m"});
  CHECK(missing.exit_code == 0);
  CHECK(read_text(dir / "n.geojson").find("LineString") == std::string::npos);
  CHECK(predict({dir / "in", dir / "o.tif", "--mosaic", "--vectors", dir / "m.geojson", "--missing-from",
                 dir / "m.geojson", "--existing", "overwrite"})
            .exit_code == 1);
  fs::create_directories(dir / "again");
  REQUIRE(run_process("vectorize", {"roads", dir / "m.tif", dir / "again/m.geojson", "--quiet"}).exit_code == 0);
  // All but what the layer says of the weights.
  const auto features = [](const std::string& path) {
    const std::string text = read_text(path);
    return text.substr(text.find("\"features\""));
  };
  CHECK(features(dir / "m.geojson") == features(dir / "again/m.geojson"));
  CHECK(read_text(dir / "m.geojson").find("\"weights\": \"weights.safetensors\"") != std::string::npos);
  CHECK(read_text(dir / "m.geojson").find("LineString") != std::string::npos);
  CHECK(fs::file_size(dir / "m.fgb") > 0);
  // A folder: masks of its own, one network of lines.
  for (const char* theme : {"roads", "buildings"}) {
    const std::string name = cat("v_", theme, ".geojson");
    REQUIRE(predict({dir / "in", dir / "out", "--format", "tif", "--vectors", dir / name, "--theme", theme,
                     "--existing", "skip"})
                .exit_code == 0);
    REQUIRE(
        run_process("vectorize", {theme, dir / "out", dir / ("again/" + name), "--mosaic", cat("v_", theme), "--quiet"})
            .exit_code == 0);
    CHECK(features(dir / name) == features(dir / ("again/" + name)));
  }
  REQUIRE(predict({dir / "in", dir / "png", "--vectors", dir / "b.fgb", "--theme", "buildings", "--share"}).exit_code ==
          0);
  CHECK(read_polygons(dir / "b.fgb").features.size() == read_polygons(dir / "v_buildings.geojson").features.size());
  CHECK_FALSE(read_polygons(dir / "b.fgb").features.empty());
  CHECK(predict({dir / "in", dir / "x", "--vectors", dir / "x.doc"}).exit_code == 1);
  CHECK_FALSE(fs::exists(dir / "x"));
}

TEST_CASE("a full disk: the tiles that found no room are named, the exit code is 1, no half file stays") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "disk");
  if (std::system(("mount -t tmpfs -o size=96k tmpfs " + dir / "disk" + " 2>/dev/null").c_str()) != 0) {
    MESSAGE("skipped: a tmpfs cannot be mounted here");
    return;
  }
  struct Unmount {
    std::string path;
    ~Unmount() { CHECK(std::system(("umount " + path).c_str()) == 0); }
  } const unmount{dir / "disk"};
  write_tiles(dir / "in", 12, 64);
  const ProcessResult r = predict({dir / "in", dir / "disk/out", "--probabilities", "f32"});
  CHECK(r.exit_code == 1);
  CHECK(r.err.find("No space left") != std::string::npos);
  const auto lines = manifest(dir / "disk/out");
  REQUIRE(lines.size() == 12);
  size_t failed = 0;
  for (const auto& [id, line] : lines) {
    failed += line.contains("error");
    CHECK(fs::exists(dir / ("disk/out/" + id + "_mask.png")) != line.contains("error"));
  }
  CHECK(failed > 0);
  CHECK(failed < 12);
  CHECK(count_files(dir / "disk/out", ".tmp") == 0);
  write_scene(dir / "scene.tif", made_image(300, 300, 17));
  const ProcessResult scene = predict({dir / "scene.tif", dir / "disk/s.tif", "--probabilities", "f32"});
  CHECK(scene.exit_code == 1);
  CHECK(count_files(dir / "disk", ".tif") == 0);
  CHECK(count_files(dir / "disk", ".tmp") == 0);
}
