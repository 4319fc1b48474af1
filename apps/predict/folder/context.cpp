#include "apps/predict/folder/context.h"

#include <algorithm>

#include "io/places/mosaic.h"

namespace ppl::apps {
namespace {

constexpr size_t kKept = 48;  // a few rows of neighbours

}  // namespace

TileContext::TileContext(const std::vector<TileFile>& tiles, int64_t margin, const InputSpec& input)
    : tiles_(tiles), margin_(margin), input_(input), places_(tiles.size()) {
  std::vector<PlacedTile> placed;
  std::vector<size_t> numbers;
  for (size_t i = 0; i < tiles.size(); ++i) {
    try {
      const std::optional<GeoReference> geo = read_georeference(tiles[i].image_path);
      const ImageHeader header = read_image_header(tiles[i].image_path);
      if (!geo) continue;
      placed.push_back({tiles[i].image_path, header.height, header.width, *geo});
      numbers.push_back(i);
    } catch (const Error&) {
      // Said again when the tile's turn comes.
    }
  }
  const std::vector<Mosaic> mosaics = placed.empty() ? std::vector<Mosaic>{} : arrange_tiles(placed);
  for (size_t m = 0; m < mosaics.size(); ++m) {
    mosaics_.push_back({mosaics[m].height, mosaics[m].width});
    for (const Mosaic::Part& part : mosaics[m].parts) {
      const PlacedTile& tile = placed[part.tile];
      places_[numbers[part.tile]] = Place{m, part.row, part.column, tile.height, tile.width};
    }
  }
}

TileContext::Decoded TileContext::decoded(size_t tile) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = kept_.find(tile); it != kept_.end()) return it->second;
  }
  auto fresh = std::make_shared<const LoadedTile>(read_tile(tiles_[tile].image_path, input_));
  const std::lock_guard lock(mutex_);
  if (kept_.emplace(tile, fresh).second) order_.push_back(tile);
  if (order_.size() > kKept) {
    kept_.erase(order_.front());
    order_.pop_front();
  }
  return fresh;
}

// What the tile `from` has of a rectangle of its mosaic.
void TileContext::paste(LoadedTile& to, const Place& rectangle, size_t from) const {
  const Place& p = *places_[from];
  const int64_t top = std::max(p.row, rectangle.row), left = std::max(p.column, rectangle.column);
  const int64_t bottom = std::min(p.row + p.height, rectangle.row + rectangle.height);
  const int64_t right = std::min(p.column + p.width, rectangle.column + rectangle.width);
  if (p.mosaic != rectangle.mosaic || top >= bottom || left >= right) return;
  const Decoded loaded = decoded(from);
  const int64_t bands = to.image.bands;
  for (int64_t y = top; y < bottom; ++y) {
    const int64_t source = (y - p.row) * p.width + left - p.column;
    const int64_t target = (y - rectangle.row) * rectangle.width + left - rectangle.column;
    std::copy_n(loaded->image.u8() + source * bands, (right - left) * bands, to.image.u8() + target * bands);
    for (int64_t x = 0; x < right - left; ++x) {
      to.valid[static_cast<size_t>(target + x)] =
          loaded->valid.empty() || loaded->valid[static_cast<size_t>(source + x)];
    }
  }
}

LoadedTile TileContext::read(size_t tile) const {
  const Decoded kept = decoded(tile);
  const LoadedTile& own = *kept;
  if (!places_[tile]) return own;
  const Place& p = *places_[tile];
  const Extent& whole = mosaics_[p.mosaic];
  Place around{p.mosaic, std::max<int64_t>(0, p.row - margin_), std::max<int64_t>(0, p.column - margin_), 0, 0};
  around.height = std::min(whole.height, p.row + p.height + margin_) - around.row;
  around.width = std::min(whole.width, p.column + p.width + margin_) - around.column;
  LoadedTile out;
  out.place = own.place;
  out.image = Image::make(around.height, around.width, own.image.bands);
  out.valid.assign(static_cast<size_t>(around.height * around.width), 0);
  out.tile = {p.row - around.row, p.column - around.column, p.height, p.width};
  for (size_t i = 0; i < places_.size(); ++i) {
    if (!places_[i] || i == tile) continue;
    try {
      paste(out, around, i);
    } catch (const Error&) {
    }
  }
  paste(out, around, tile);
  return out;
}

}  // namespace ppl::apps
