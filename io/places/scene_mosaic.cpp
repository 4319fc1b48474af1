#include "io/places/scene_mosaic.h"

#include <algorithm>

#include "io/places/tile_frame.h"

namespace ppl {
namespace {

constexpr size_t kOpen = 64;
constexpr int64_t kMaxSide = int64_t{1} << 24;

// Bytes of a pixel.
int64_t pixel_bytes(const Image& image) { return image.bands * image.depth / 8; }

}  // namespace

std::optional<GeoReference> place_of_image(const std::string& path) {
  if (std::optional<GeoReference> own = read_georeference(path)) return own;
  const ImageHeader header = read_image_header(path);
  return slippy_georeference(path, header.height, header.width);
}

SceneMosaic::SceneMosaic(const std::vector<TileFile>& tiles, std::vector<int> bands, int64_t window)
    : bands_(std::move(bands)), window_(window) {
  std::vector<PlacedTile> placed;
  std::vector<std::string> ids;
  for (const TileFile& tile : tiles) {
    try {
      const std::optional<GeoReference> place = place_of_image(tile.image_path);
      PPL_CHECK(place, tile.image_path, ": does not say where it lies");
      const SceneReader reader(tile.image_path, bands_, window);
      if (placed.empty()) depth_ = reader.depth();
      PPL_CHECK(reader.depth() == depth_, tile.image_path, ": ", reader.depth(), " bits; the first tile has ", depth_);
      placed.push_back({tile.image_path, reader.height(), reader.width(), *place});
      ids.push_back(tile.id);
    } catch (const Error& e) {
      problems_.push_back({tile.id, e.what()});
    }
  }
  PPL_CHECK(!placed.empty(),
            "no tile for a mosaic; the first: ", problems_.empty() ? "there is none" : problems_[0].what);
  mosaic_ = arrange_together(placed);
  height_ = mosaic_.height;
  width_ = mosaic_.width;
  PPL_CHECK(height_ <= kMaxSide && width_ <= kMaxSide, "a mosaic of ", width_, " x ", height_,
            " pixels; expected at most ", kMaxSide, " a side");
  for (const Mosaic::Part& part : mosaic_.parts)
    tiles_.push_back({ids[part.tile], placed[part.tile].path, part.row, part.column, placed[part.tile].height,
                      placed[part.tile].width});
  damaged_.assign(tiles_.size(), false);
}

SceneMosaic::~SceneMosaic() = default;

const SceneReader& SceneMosaic::reader(size_t tile) const {
  if (const auto it = open_.find(tile); it != open_.end()) return *it->second;
  if (order_.size() == kOpen) {
    open_.erase(order_.front());
    order_.pop_front();
  }
  const Tile& t = tiles_[tile];
  auto fresh = std::make_unique<SceneReader>(t.path, bands_, window_);
  PPL_CHECK(fresh->height() == t.height && fresh->width() == t.width && fresh->depth() == depth_, t.path,
            ": changed while it was read");
  order_.push_back(tile);
  return *(open_[tile] = std::move(fresh));
}

void SceneMosaic::give_up(size_t tile, const std::string& why) const {
  damaged_[tile] = true;
  const std::lock_guard lock(mutex_);
  problems_.push_back({tiles_[tile].id, why});
}

std::vector<TileProblem> SceneMosaic::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

void SceneMosaic::paste(Window& to, int64_t row, int64_t column, size_t tile) const {
  const Tile& t = tiles_[tile];
  const int64_t top = std::max(t.row, row), left = std::max(t.column, column);
  const int64_t bottom = std::min(t.row + t.height, row + to.image.height);
  const int64_t right = std::min(t.column + t.width, column + to.image.width);
  if (damaged_[tile] || top >= bottom || left >= right) return;
  const Window part = reader(tile).read(top - t.row, left - t.column, bottom - top, right - left);
  const int64_t bytes = pixel_bytes(to.image);
  for (int64_t y = 0; y < part.image.height; ++y) {
    for (int64_t x = 0; x < part.image.width; ++x) {
      const int64_t from = y * part.image.width + x;
      const int64_t at = (top - row + y) * to.image.width + left - column + x;
      if (!part.valid[static_cast<size_t>(from)] || to.valid[static_cast<size_t>(at)]) continue;
      std::copy_n(part.image.u8() + from * bytes, bytes, to.image.u8() + at * bytes);
      to.valid[static_cast<size_t>(at)] = 1;
    }
  }
  to.any_valid = to.any_valid || part.any_valid;
}

SceneSource::Window SceneMosaic::read(int64_t row, int64_t column, int64_t height, int64_t width) const {
  PPL_CHECK(row >= 0 && column >= 0 && height > 0 && width > 0 && row + height <= height_ && column + width <= width_,
            "a window outside the mosaic");
  Window window{Image::make(height, width, static_cast<int>(bands_.size()), depth_),
                std::vector<uint8_t>(static_cast<size_t>(height * width), 0)};
  std::fill(window.image.bytes.begin(), window.image.bytes.end(), uint8_t{0});
  for (size_t i = 0; i < tiles_.size(); ++i) {
    try {
      paste(window, row, column, i);
    } catch (const Error& e) {
      give_up(i, e.what());
    }
  }
  return window;
}

void SceneMosaic::thin(Image& to, int64_t step, size_t tile) const {
  const Tile& t = tiles_[tile];
  const int64_t bytes = pixel_bytes(to);
  for (int64_t y = ceil_div(t.row, step); y * step < t.row + t.height; ++y) {
    const Window line = reader(tile).read(y * step - t.row, 0, 1, t.width);
    for (int64_t x = ceil_div(t.column, step); x * step < t.column + t.width; ++x) {
      const int64_t from = x * step - t.column;
      if (line.valid[static_cast<size_t>(from)])
        std::copy_n(line.image.u8() + from * bytes, bytes, to.u8() + (y * to.width + x) * bytes);
    }
  }
}

Image SceneMosaic::read_thinned(int64_t step) const {
  Image out = Image::make(ceil_div(height_, step), ceil_div(width_, step), static_cast<int>(bands_.size()), depth_);
  std::fill(out.bytes.begin(), out.bytes.end(), uint8_t{255});
  for (size_t i = tiles_.size(); i-- > 0;) {  // the first tile counts where several lie
    try {
      if (!damaged_[i]) thin(out, step, i);
    } catch (const Error& e) {
      give_up(i, e.what());
    }
  }
  return out;
}

}  // namespace ppl
