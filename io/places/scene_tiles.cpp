#include "io/places/scene_tiles.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <set>

#include "io/image/formats.h"
#include "io/places/mosaic.h"
#include "io/places/scene_mosaic.h"
#include "io/places/tile_frame.h"
#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;
namespace {

PlacedTile placed(const std::string& path, GeoReference geo) {
  const ImageHeader header = read_image_header(path);
  return {path, header.height, header.width, std::move(geo)};
}

}  // namespace

std::optional<GeoReference> place_by_image(const std::string& id, const std::string& folder) {
  for (const char* suffix : {"_sat", ""}) {
    for (const std::string& extension : image_extensions()) {
      const fs::path path = fs::path(folder) / (id + suffix + extension);
      std::error_code error;
      if (!fs::is_regular_file(path, error)) continue;
      if (std::optional<GeoReference> place = read_georeference(path.string())) return place;
    }
  }
  return {};
}

std::optional<GeoReference> place_of_tile(const std::string& id, const std::string& path, const std::string& images) {
  if (std::optional<GeoReference> own = read_georeference(path)) return own;
  if (!images.empty())
    if (std::optional<GeoReference> place = place_by_image(id, images)) return place;
  if (std::optional<GeoReference> place = place_by_image(id, fs::path(path).parent_path().string())) return place;
  if (!parse_slippy_name(id)) return {};
  const ImageHeader header = read_image_header(path);
  return slippy_georeference(id, header.height, header.width);
}

SceneTiles tiles_in_scene(const std::string& scene, const std::map<std::string, std::string>& tiles,
                          const std::string& images) {
  const std::optional<GeoReference> scene_place = place_of_image(scene);
  PPL_CHECK(scene_place, scene, ": does not say where it lies, so that no tile can be found in it");
  const PlacedTile whole = placed(scene, *scene_place);
  SceneTiles found;
  found.scene = {0, 0, whole.height, whole.width};
  for (const auto& [id, path] : tiles) {
    const std::optional<GeoReference> place = place_of_tile(id, path, images);
    PPL_CHECK(place, path, ": does not say where it lies in ", scene, ", nor does an image ", id,
              "_sat.* beside it; --images FOLDER names where images lie that do");
    const PlacedTile tile = placed(path, *place);
    const PixelPlace at = place_in(tile, whole);
    const ImagePart part{std::llround(at.row), std::llround(at.column), tile.height, tile.width};
    if (part.row < 0 || part.column < 0 || part.row + part.height > whole.height ||
        part.column + part.width > whole.width) {
      found.beyond.push_back(id);
      continue;
    }
    found.off_grid = std::max({found.off_grid, std::abs(at.row - static_cast<double>(part.row)),
                               std::abs(at.column - static_cast<double>(part.column))});
    found.tiles.push_back({id, path, part});
  }
  PPL_CHECK(!found.tiles.empty(), "no tile of ", tiles.size(), " (such as ",
            tiles.empty() ? "none" : tiles.begin()->second, ") lies wholly inside ", scene);
  return found;
}

double uncovered_share(const SceneTiles& found) {
  std::set<int64_t> edges{0, found.scene.height};
  for (const SceneTile& tile : found.tiles) edges.insert({tile.part.row, tile.part.row + tile.part.height});
  double covered = 0;
  for (auto top = edges.begin(), bottom = std::next(top); bottom != edges.end(); ++top, ++bottom) {
    std::vector<std::pair<int64_t, int64_t>> spans;  // of columns, in these rows
    for (const SceneTile& tile : found.tiles)
      if (tile.part.row <= *top && tile.part.row + tile.part.height >= *bottom)
        spans.emplace_back(tile.part.column, tile.part.column + tile.part.width);
    std::sort(spans.begin(), spans.end());
    int64_t end = 0, columns = 0;
    for (const auto& [from, to] : spans) {
      columns += std::max<int64_t>(0, to - std::max(from, end));
      end = std::max(end, to);
    }
    covered += static_cast<double>(columns) * static_cast<double>(*bottom - *top);
  }
  return 1 - covered / (static_cast<double>(found.scene.height) * static_cast<double>(found.scene.width));
}

}  // namespace ppl
