// score iou and score roads of a scene against a folder of its tiles.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/random.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;
using nlohmann::json;

namespace {

constexpr int64_t kHeight = 300, kWidth = 420, kTile = 100;
const char* const kSystem = "EPSG:32632";

GeoReference place(double column, double row) {
  return {kSystem, {5e5 + 0.5 * column, 0.5, 0, 5e6 - 0.5 * row, 0, -0.5}};
}

// Streets 9 pixels wide in a grid; `shift` moves them.
Image streets(int64_t shift) {
  Image image = Image::make(kHeight, kWidth, 1);
  for (int64_t y = 0; y < kHeight; ++y)
    for (int64_t x = 0; x < kWidth; ++x) image.u8()[y * kWidth + x] = (y + shift) % 70 < 9 || (x + 2 * shift) % 90 < 9;
  return image;
}

Image cut(const Image& image, int64_t row, int64_t column, int64_t height, int64_t width) {
  Image part = Image::make(height, width, 1);
  for (int64_t y = 0; y < height; ++y)
    std::copy_n(image.u8() + (row + y) * image.width + column, width, part.u8() + y * width);
  return part;
}

// One truth and one prediction, each as a scene and as a folder of its tiles.
struct Sides {
  Sides() {
    scene("truth.tif", truth), scene("prediction.tif", prediction);
    for (const char* folder : {"truth", "prediction"}) fs::create_directory(dir / folder);
    for (int64_t y = 0; y < kHeight; y += kTile) {
      for (int64_t x = 0; x < kWidth; x += kTile) {
        tile("truth", truth, y, x);
        tile("prediction", prediction, y, x);
      }
    }
  }
  void scene(const std::string& name, const Image& mask) const {
    write_mask_tiff(dir / name, mask.u8(), mask.height, mask.width, place(0, 0));
  }
  static std::string id(int64_t y, int64_t x) { return cat("r", y / kTile, "c", x / kTile); }
  void tile(const std::string& folder, const Image& whole, int64_t y, int64_t x) const {
    const Image part = cut(whole, y, x, std::min(kTile, kHeight - y), std::min(kTile, kWidth - x));
    write_mask_tiff(dir / (folder + "/" + id(y, x) + "_mask.tif"), part.u8(), part.height, part.width,
                    place(static_cast<double>(x), static_cast<double>(y)));
  }
  ProcessResult run(const std::string& metric, const std::string& t, const std::string& p,
                    std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {metric, dir / t, dir / p, "--json", "--quiet"});
    return run_process("score", more);
  }
  json of(const std::string& metric, const std::string& t, const std::string& p,
          const std::vector<std::string>& more = {}) const {
    const ProcessResult r = run(metric, t, p, more);
    CAPTURE(r.err);
    REQUIRE(r.exit_code == 0);
    return json::parse(r.out);
  }
  void refuses(const ProcessResult& r, const std::string& why) const {
    CAPTURE(r.err);
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, why));
  }

  const TemporaryFolder dir;
  const Image truth = streets(0), prediction = streets(4);
};

TEST_CASE("a scene against tiles scores as the tiles that are cut out of it") {
  const Sides sides;
  for (const std::string metric : {"iou", "roads"}) {
    CAPTURE(metric);
    const json tiles = sides.of(metric, "truth", "prediction");
    CHECK(sides.of(metric, "truth", "prediction.tif") == tiles);
    CHECK(sides.of(metric, "truth.tif", "prediction") == tiles);
  }
  const json figures = sides.of("iou", "truth", "prediction.tif", {"--buffer", "3", "--boundary", "0"});
  CHECK(figures == sides.of("iou", "truth", "prediction", {"--buffer", "3", "--boundary", "0"}));
  CHECK(figures["tiles"] == 15);
  CHECK(figures["global_iou"].get<double>() < 0.9);
}

TEST_CASE("probabilities of a scene, and the threshold that fits best") {
  const Sides sides;
  std::vector<float> values(sides.truth.bytes.size());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = sides.truth.bytes[i] ? (sides.prediction.bytes[i] ? 0.8f : 0.4f) : (i % 40 == 0 ? 0.6f : 0.1f);
  write_probability_tiff(sides.dir / "p.tif", values.data(), kHeight, kWidth, place(0, 0));
  Image above = sides.truth;
  for (size_t i = 0; i < values.size(); ++i) above.bytes[i] = values[i] > 0.5f;
  sides.scene("above.tif", above);
  CHECK(sides.of("iou", "truth", "p.tif", {"--threshold", "0.5"}) == sides.of("iou", "truth", "above.tif"));
  const double best = sides.of("iou", "truth", "p.tif", {"--best-threshold"})["threshold"];
  CHECK(best >= 0.1);
  CHECK(best < 0.4);
}

TEST_CASE("tiles without a place of their own lie where their images or names say") {
  const Sides sides;
  const json expected = sides.of("iou", "truth", "prediction");
  fs::create_directory(sides.dir / "plain");
  fs::create_directory(sides.dir / "images");
  for (int64_t y = 0; y < kHeight; y += kTile) {
    for (int64_t x = 0; x < kWidth; x += kTile) {
      const Image part = cut(sides.truth, y, x, kTile, std::min(kTile, kWidth - x));
      write_mask_png(sides.dir / ("plain/" + Sides::id(y, x) + "_mask.png"), part.u8(), part.height, part.width);
      fs::copy(sides.dir / ("truth/" + Sides::id(y, x) + "_mask.tif"),
               sides.dir / ("images/" + Sides::id(y, x) + "_sat.tif"));
    }
  }
  sides.refuses(sides.run("iou", "plain", "prediction.tif"), "--images FOLDER names where images lie that do");
  CHECK(sides.of("iou", "plain", "prediction.tif", {"--images", sides.dir / "images"}) == expected);
  for (const auto& entry : fs::directory_iterator(sides.dir / "images")) fs::copy(entry.path(), sides.dir / "plain");
  CHECK(sides.of("iou", "plain", "prediction.tif") == expected);
}

TEST_CASE("what does not fit is refused, or left out where that is asked for") {
  const Sides sides;
  const json all = sides.of("iou", "truth", "prediction");
  fs::remove(sides.dir / "truth/r0c0_mask.tif");
  sides.refuses(sides.run("iou", "truth", "prediction.tif"), "10000 pixels of");
  sides.refuses(sides.run("iou", "truth", "prediction.tif", {"--best-threshold"}), "lie in no tile of");
  CHECK(sides.of("iou", "truth", "prediction.tif", {"--missing", "skip"})["tiles"] == 14);
  const ProcessResult said = run_process("score", {"roads", sides.dir / "truth", sides.dir / "prediction.tif"});
  CHECK(contains(said.err, "7.9 % of"));
  // Half of it beyond the scene.
  const Image part = cut(sides.truth, 0, 0, kTile, kTile);
  write_mask_tiff(sides.dir / "truth/r0c0_mask.tif", part.u8(), kTile, kTile, place(-50, 0));
  sides.refuses(sides.run("iou", "truth", "prediction.tif"), "1 truth without a prediction (r0c0)");
  CHECK(sides.of("iou", "truth", "prediction.tif", {"--missing", "skip"})["tiles"] == 14);
  const std::vector<std::pair<GeoReference, std::string>> wrong{
      {{"EPSG:32633", place(0, 0).transform}, "another coordinate system than"},
      {{kSystem, {5e5, 0.6, 0, 5e6, 0, -0.6}}, "pixels of another size or direction"}};
  for (const auto& [geo, why] : wrong) {
    write_mask_tiff(sides.dir / "truth/r0c0_mask.tif", part.u8(), kTile, kTile, geo);
    sides.refuses(sides.run("iou", "truth", "prediction.tif"), why);
    sides.refuses(sides.run("roads", "truth", "prediction.tif"), why);
  }
  // A third of a pixel beside: said.
  write_mask_tiff(sides.dir / "truth/r0c0_mask.tif", part.u8(), kTile, kTile, place(0.33, 0));
  const ProcessResult beside =
      run_process("score", {"iou", sides.dir / "truth", sides.dir / "prediction.tif", "--json"});
  CHECK(contains(beside.err, "up to 0.33 pixels beside"));
  CHECK(json::parse(beside.out)["global_iou"] == all["global_iou"]);
  write_mask_tiff(sides.dir / "nowhere.tif", sides.truth.u8(), kHeight, kWidth);
  sides.refuses(sides.run("iou", "truth", "nowhere.tif"), "nowhere.tif: does not say where it lies");
  fs::create_directory(sides.dir / "empty");
  sides.refuses(sides.run("iou", "empty", "prediction.tif"), "no file <id>_mask");
}

TEST_CASE("masks of one name that lie at different places are no pair") {
  const Sides sides;
  const Image part = cut(sides.truth, 0, 0, kTile, kTile);
  write_mask_tiff(sides.dir / "prediction/r1c1_mask.tif", part.u8(), kTile, kTile, place(0, 0));
  sides.refuses(sides.run("iou", "truth", "prediction"), "r1c1_mask.tif: lies at another place on the earth than");
}

TEST_CASE("the page shows tiles of a scene on their images") {
  const Sides sides;
  for (const auto& entry : fs::directory_iterator(sides.dir / "truth"))
    fs::copy(entry.path(), sides.dir / ("truth/" + entry.path().stem().string().substr(0, 4) + "_sat.tif"));
  const std::string page = sides.dir / "page.html";
  sides.of("iou", "truth", "prediction.tif", {"--html", page});
  const std::string scene_page = read_text(page);
  sides.of("iou", "truth", "prediction", {"--html", page, "--existing", "overwrite"});
  CHECK(count(scene_page, "data:image/jpeg") == 15);
  CHECK(count(read_text(page), "data:image/jpeg") == 15);
}

}  // namespace
