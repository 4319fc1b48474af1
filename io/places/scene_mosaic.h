// Georeferenced tiles as one image.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/image/scene.h"
#include "io/places/mosaic.h"
#include "io/tiles/tiles.h"

namespace ppl {

// The box around all tiles, whether they touch or not. Where no tile lies there is no data; where several lie, the
// first of them that has data there counts. Holds a few open tiles, however many there are.
class SceneMosaic : public SceneSource {
 public:
  // Reads every header. Tiles that cannot be opened, or do not say where they lie (by tags, a world file or a slippy
  // name), are left out and become problems. Error where none is left, and naming the tile where one has another
  // coordinate system, other pixels or another depth than the first. bands, window: as SceneReader's.
  SceneMosaic(const std::vector<TileFile>& tiles, std::vector<int> bands, int64_t window);
  ~SceneMosaic() override;

  std::optional<GeoReference> georeference() const override { return mosaic_.geo; }
  // Tiles that turn out to be damaged become problems, and have no data from then on. One thread at a time.
  Window read(int64_t row, int64_t column, int64_t height, int64_t width) const override;
  // Where no tile lies it is white, so that white margins go on to the border of the box.
  Image read_thinned(int64_t step) const override;

  // So far; from any thread.
  std::vector<TileProblem> problems() const;

 private:
  struct Tile {
    std::string id, path;
    int64_t row, column, height, width;
  };
  const SceneReader& reader(size_t tile) const;
  void give_up(size_t tile, const std::string& why) const;
  void paste(Window& to, int64_t row, int64_t column, size_t tile) const;
  void thin(Image& to, int64_t step, size_t tile) const;

  const std::vector<int> bands_;
  const int64_t window_;
  Mosaic mosaic_;
  std::vector<Tile> tiles_;
  mutable std::vector<bool> damaged_;
  mutable std::mutex mutex_;  // of problems_
  mutable std::vector<TileProblem> problems_;
  mutable std::map<size_t, std::unique_ptr<SceneReader>> open_;
  mutable std::list<size_t> order_;  // of opening
};

// Where an image lies: by what it says itself or a file beside it, else by a slippy name.
std::optional<GeoReference> place_of_image(const std::string& path);

}  // namespace ppl
