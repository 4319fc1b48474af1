#include "apps/town/town_files.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include <fmt/format.h>

#include "apps/common/log.h"
#include "apps/common/output.h"
#include "apps/town/geo.h"
#include "apps/town/osm.h"
#include "io/file.h"
#include "io/image/image.h"
#include "io/threads.h"

namespace ppl::synthetic {
namespace fs = std::filesystem;
namespace {

constexpr double kLargestSide = 12000;  // metres; the map of what stands where grows with the area

cv::Mat mask_of(const Town& town, const Window& window, Masks kind) {
  if (kind == Masks::buildings) return building_mask(town, window);
  cv::Mat roads = road_mask(town.graph, window);
  if (kind == Masks::roads) return roads;
  cv::Mat classes = roads / 255;
  classes.setTo(2, building_mask(town, window));
  return classes;
}

void write_mask(const fs::path& path, const cv::Mat& mask, Masks kind) {
  const auto write = kind == Masks::classes ? write_index_png : write_mask_png;
  write(path.string(), mask.data, mask.rows, mask.cols);
}

// The whole town in one image of at most 2000 pixels a side, pasted together from the tiles.
class Overview {
 public:
  Overview(const Layout& layout, const Options& options)
      : step_(options.size * options.gsd),
        cell_(std::clamp(static_cast<int>(2000 * step_ / std::max(layout.width, layout.height)), 1, options.size)),
        image_(static_cast<int>(std::lround(layout.height / step_)) * cell_,
               static_cast<int>(std::lround(layout.width / step_)) * cell_, CV_8UC3, cv::Scalar::all(0)) {}

  void paste(const Window& window, const cv::Mat& image) {
    const int x = static_cast<int>(std::lround(window.origin.x / step_)) * cell_;
    const int y = static_cast<int>(std::lround(window.origin.y / step_)) * cell_;
    cv::resize(image, image_(cv::Rect(x, y, cell_, cell_)), {cell_, cell_}, 0, 0, cv::INTER_AREA);
  }

  void write(const fs::path& path) const {
    Image image = Image::make(image_.rows, image_.cols, 3);
    std::copy_n(image_.data, image.bytes.size(), image.u8());
    write_jpeg(path.string(), image);
  }

 private:
  double step_;
  int cell_;
  cv::Mat image_;
};

void write_tiles(const Town& town, const Layout& layout, const Options& options, const fs::path& root) {
  Overview overview(layout, options);
  apps::Progress progress("town: tiles", static_cast<int64_t>(layout.tiles.size()));
  const int threads = available_threads();
  for_each_index(static_cast<int64_t>(layout.tiles.size()), threads, [&](int64_t i) {
    const Tile& tile = layout.tiles[static_cast<size_t>(i)];
    const cv::Mat image = render_image(town, tile.window);
    const fs::path stem = root / tile.folder / tile.id;
    write_geotiff(stem.string() + "_sat.tif", image, tile.window);
    write_mask(stem.string() + "_mask.png", mask_of(town, tile.window, options.masks), options.masks);
    overview.paste(tile.window, image);
    progress.advance();
  });
  overview.write(root / "town.jpg");
}

}  // namespace

Layout lay_out(const Options& options) {
  PPL_CHECK(options.tiles >= 1, "expected at least one tile to train on, got ", options.tiles);
  PPL_CHECK(options.val >= 0, "expected 0 or more held-out tiles, got ", options.val);
  PPL_CHECK(options.size >= 32 && options.size <= 8192, "expected tiles of 32 to 8192 pixels, got ", options.size);
  PPL_CHECK(options.gsd >= 0.1 && options.gsd <= 5, "expected 0.1 to 5 metres a pixel, got ", options.gsd);
  const int rows = std::max(1, static_cast<int>(std::sqrt(static_cast<double>(options.tiles))));
  const int train_columns = static_cast<int>(ceil_div(options.tiles, rows));
  const int val_columns = static_cast<int>(ceil_div(options.val, rows));
  const double step = options.size * options.gsd;
  Layout layout{(train_columns + val_columns) * step, rows * step, {}};
  PPL_CHECK(std::max(layout.width, layout.height) <= kLargestSide, "a town of ", layout.width, " x ", layout.height,
            " m is too large, at most ", kLargestSide, " m a side");
  const auto add = [&](int index, int first_column, const char* folder) {
    const int row = index % rows, column = first_column + index / rows;
    layout.tiles.push_back({fmt::format("r{:02}c{:02}", row, column),
                            folder,
                            {{column * step, row * step}, options.gsd, options.size, options.size}});
  };
  for (int i = 0; i < options.tiles; ++i) add(i, 0, "train");
  for (int i = 0; i < options.val; ++i) add(i, train_columns, "val");
  return layout;
}

void write_town(const Options& options) {
  const Layout layout = lay_out(options);
  apps::write_folder(options.out, [&](const fs::path& root) {
    const Town town = make_town(layout.width, layout.height, options.seed);
    apps::log_line(fmt::format("town: {:.0f} x {:.0f} m, {} roads, {} buildings, {} trees", layout.width, layout.height,
                               town.graph.roads.size(), town.buildings.size(), town.trees.size()));
    fs::create_directory(root / "train");
    if (options.val > 0) fs::create_directory(root / "val");
    write_tiles(town, layout, options, root);
    write_file((root / "town.osm").string(), osm_xml(town));
  });
}

}  // namespace ppl::synthetic
