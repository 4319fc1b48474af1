// Tiles of a folder as windows of one scene.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"
#include "io/image/image_part.h"

namespace ppl {

struct SceneTile {
  std::string id, path;
  ImagePart part;  // of the scene, as large as the tile
};

struct SceneTiles {
  ImagePart scene;                  // all of it
  std::vector<SceneTile> tiles;     // that lie wholly inside, in order of the ids
  std::vector<std::string> beyond;  // ids of those that do not
  double off_grid = 0;              // pixels by which a tile lies beside the scene's pixels, at most; 0.5 at worst
};

// Of the tile's image <id>_sat.* or <id>.* in that folder; nothing where there is none, or it says nothing.
std::optional<GeoReference> place_by_image(const std::string& id, const std::string& folder);

// Where a tile lies: by what it says itself or a file beside it; else by its image <id>_sat.* or <id>.* in `images` or
// beside it; else by a slippy id (tile_frame.h). images: a folder, or empty.
std::optional<GeoReference> place_of_tile(const std::string& id, const std::string& path, const std::string& images);

// tiles: id -> path. Places are rounded to whole pixels. Error naming the file where the scene or a tile does not say
// where it lies, has another coordinate system than the scene, or pixels of another size or direction; and where no
// tile lies in the scene.
SceneTiles tiles_in_scene(const std::string& scene, const std::map<std::string, std::string>& tiles,
                          const std::string& images);

// The share of the scene's pixels that lie in no tile.
double uncovered_share(const SceneTiles&);

}  // namespace ppl
