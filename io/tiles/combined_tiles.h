// Tiles made of other tiles: several sources as one, and some of a source.
#pragma once

#include <memory>
#include <vector>

#include "io/tiles/tiles.h"

namespace ppl {

// The tiles of each source after those of the one before. Error where input or classes differ.
class CombinedTiles : public TileSource {
 public:
  explicit CombinedTiles(std::vector<std::shared_ptr<const TileSource>>);
  Tile load(int64_t index) const override;

 private:
  std::vector<std::shared_ptr<const TileSource>> sources_;
  std::vector<int64_t> starts_;  // index of each source's first tile
};

// Tiles first, first + stride, ... of a source. Error where there are none.
class EveryNthTile : public TileSource {
 public:
  EveryNthTile(std::shared_ptr<const TileSource>, int64_t first, int64_t stride);
  Tile load(int64_t index) const override { return source_->load(first_ + index * stride_); }

 private:
  std::shared_ptr<const TileSource> source_;
  int64_t first_, stride_;
};

}  // namespace ppl
