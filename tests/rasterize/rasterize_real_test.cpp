// rasterize on real data: solaris' masks, and published lines against OpenCV's on real ways and on the generated town.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "apps/rasterize/widths.h"
#include "io/file.h"
#include "io/image/geotiff.h"
#include "io/maps/source.h"
#include "io/places/projection.h"
#include "io/places/tile_frame.h"
#include "io/tiles/tiles.h"
#include "tests/rasterize/rasterize_support.h"
#include "tests/support/data_folder.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

namespace {

int64_t different(const Image& a, const Image& b) {
  int64_t count = 0;
  for (size_t i = 0; i < a.bytes.size(); ++i) count += (a.bytes[i] != 0) != (b.bytes[i] != 0);
  return count;
}

double iou(const Image& a, const Image& b) {
  int64_t both = 0, either = 0;
  for (size_t i = 0; i < a.bytes.size(); ++i) both += a.bytes[i] && b.bytes[i], either += a.bytes[i] || b.bytes[i];
  return static_cast<double>(both) / static_cast<double>(either);
}

// All roads of an OSM file, drawn as PP-LinkNet says: nodes to pixels, rounded, a cv::line each segment.
class Published {
 public:
  explicit Published(const std::string& osm) { read_osm(osm, look_at_map(osm), {}, roads_); }

  size_t size() const { return roads_.size(); }

  cv::Mat draw(const TileFrame& tile, const std::string& crs) const {
    cv::Mat mask(static_cast<int>(tile.height), static_cast<int>(tile.width), CV_8UC1, cv::Scalar(0));
    Projection projection(crs_of_epsg(4326), crs);
    for (uint32_t road = 0; road < roads_.size(); ++road) {
      const int thickness = rasterize::published_thickness(roads_.traits(road), 8);
      Line points;
      std::vector<size_t> ends;
      roads_.copy(road, points, ends);
      projection.apply(points);
      size_t begin = 0;
      for (const size_t end : ends) {
        for (size_t i = begin; i + 1 < end && thickness > 0; ++i) {
          cv::line(mask, pixel(points[i], tile), pixel(points[i + 1], tile), 1, thickness, cv::LINE_8);
        }
        begin = end;
      }
    }
    return mask;
  }

 private:
  static cv::Point pixel(Point p, const TileFrame& tile) {
    const auto& t = tile.transform;
    return {cvRound((p.x - t[0]) / t[1]), cvRound((p.y - t[3]) / t[5])};
  }
  FeatureLayer roads_{crs_of_epsg(4326), FeatureLayer::Precision::degrees_e7};
};

// Pixels of the tiles' masks in `folder` that are not as drawn by OpenCV.
int64_t unlike_opencv(const Published& published, const TileFrames& frames, const std::string& folder) {
  int64_t count = 0, drawn = 0;
  for (const TileFrame& tile : frames.tiles) {
    const Image ours = read_mask(folder + "/" + tile.id + "_mask.png");
    const cv::Mat theirs = published.draw(tile, frames.crs[tile.crs]);
    for (size_t i = 0; i < ours.bytes.size(); ++i) count += ours.bytes[i] != theirs.data[i];
    drawn += cv::countNonZero(theirs);
  }
  CHECK(drawn > 10000);
  return count;
}

}  // namespace

TEST_CASE("published style on real ways is cv::line's, pixel for pixel") {
  const std::string extract = data_folder("osm") + "/copenhagen.osm.pbf";
  if (!fs::exists(extract)) {
    MESSAGE("skipped: no ../shared/data/osm/copenhagen.osm.pbf");
    return;
  }
  const Published published(extract);
  CHECK(published.size() > 3000);
  const GridSpec grid{"EPSG:32633", {346000, 6170300, 347024, 6171324}, 0.5, 512};
  const TemporaryFolder dir;
  REQUIRE(draw({extract, "--style", "published", "--out", dir / "out", "--grid", "--crs", grid.crs, "--pixel", "0.5",
                "--bounds", "346000", "6170300", "347024", "6171324"})
              .exit_code == 0);
  CHECK(unlike_opencv(published, frames_of_grid(grid), dir / "out") == 0);
}

TEST_CASE("published style on the generated town is cv::line's, pixel for pixel") {
  const TemporaryFolder dir;
  REQUIRE(run_process("town", {dir / "scene", "--tiles", "4", "--val", "1", "--size", "192", "--quiet"}).exit_code ==
          0);
  const std::string town = dir / "scene/town.osm", tiles = dir / "scene/train";
  REQUIRE(draw({town, "--style", "published", "--images", tiles, "--out", dir / "out"}).exit_code == 0);
  CHECK(unlike_opencv(Published(town), frames_of_images(tiles, ""), dir / "out") == 0);
}

TEST_CASE("solaris' masks of real roads and buildings") {
  const std::string vegas = data_folder("rasterize/vegas_roads"), atlanta = data_folder("rasterize/atlanta_buildings");
  if (vegas.empty() || atlanta.empty()) {
    MESSAGE("skipped: no ../shared/data/rasterize");
    return;
  }
  const TemporaryFolder dir;
  for (const char* name : {"v", "a"}) fs::create_directory(dir / name);
  fs::create_symlink(fs::absolute(vegas + "/image.tif"), dir / "v/image.tif");
  fs::create_symlink(fs::absolute(atlanta + "/image.tif"), dir / "a/image.tif");
  REQUIRE(draw({vegas + "/roads.geojson", "--images", dir / "v", "--buffer", "4", "--out", dir / "vo"}).exit_code == 0);
  const Image ours = read_mask(dir / "vo/image_mask.png"), reference = read_mask(vegas + "/mask_width4m.tif");
  MESSAGE("vegas: " << different(ours, reference) << " pixels differ");
  CHECK(iou(ours, reference) >= 0.999);
  REQUIRE(draw({atlanta + "/labels.geojson", "--theme", "buildings", "--images", dir / "a", "--out", dir / "ao"})
              .exit_code == 0);
  // The mask that lies beside these labels is of another place; the count is rasterio's for the labels.
  const Image houses = read_mask(dir / "ao/image_mask.png");
  CHECK(std::count(houses.bytes.begin(), houses.bytes.end(), 1) == 33818);
}
