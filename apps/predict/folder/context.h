// A margin around tiles, taken from the tiles beside them.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "apps/predict/folder/tile_files.h"
#include "io/tiles/tiles.h"

namespace ppl::apps {

// Knows where all tiles of a job lie. Tiles that do not say so have no margin.
class TileContext {
 public:
  // Reads the header of every tile. Error where tiles have different coordinate systems or pixels of other sizes.
  TileContext(const std::vector<TileFile>& tiles, int64_t margin, const InputSpec& input);

  // The tile with up to `margin` pixels around it; what no tile covers has no data. Safe from several threads. A
  // neighbour that cannot be read counts as not there.
  LoadedTile read(size_t tile) const;

 private:
  struct Place {
    size_t mosaic = 0;
    int64_t row = 0, column = 0, height = 0, width = 0;
  };
  struct Extent {
    int64_t height = 0, width = 0;
  };
  using Decoded = std::shared_ptr<const LoadedTile>;

  Decoded decoded(size_t tile) const;
  void paste(LoadedTile& to, const Place& rectangle, size_t from) const;

  const std::vector<TileFile>& tiles_;
  const int64_t margin_;
  const InputSpec input_;
  std::vector<std::optional<Place>> places_;
  std::vector<Extent> mosaics_;
  mutable std::mutex mutex_;
  mutable std::map<size_t, Decoded> kept_;  // the latest that were decoded
  mutable std::list<size_t> order_;
};

}  // namespace ppl::apps
