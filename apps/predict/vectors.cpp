#include "apps/predict/vectors.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "apps/common/log.h"
#include "apps/predict/folder/tile_files.h"
#include "io/places/scene_mosaic.h"
#include "io/vectorize/vectorize.h"

namespace ppl::apps {
namespace {

bool of_roads(const PredictOptions& o) { return o.theme == Theme::roads; }

void write(const PredictOptions& o, const std::vector<vectorize::VectorizedImage>& images) {
  size_t count = 0;
  for (const vectorize::VectorizedImage& loaded : images) count += loaded.roads.size() + loaded.buildings.size();
  if (of_roads(o))
    vectorize::write_roads(o.vectors, images);
  else
    vectorize::write_buildings(o.vectors, images);
  log_line(fmt::format("predict: {}: {} {}", fmt::join(o.vectors, ", "), count, word_of(kThemes, o.theme)));
}

}  // namespace

void check_vectors(const PredictOptions& o, int classes) {
  if (o.vectors.empty()) return;
  vectorize::check_outputs(o.vectors);
  PPL_CHECK(o.label <= classes, "--label ", o.label, " of a network with ", classes, " classes");
}

void check_places(const PredictOptions& o, const std::vector<TileFile>& tiles) {
  if (o.vectors.empty()) return;
  size_t without = 0;
  std::string first;
  for (const TileFile& tile : tiles) {
    try {
      if (place_of_image(tile.image_path)) continue;
    } catch (const Error&) {
      continue;  // named when its turn comes
    }
    if (without++ == 0) first = tile.image_path;
  }
  PPL_CHECK(without == 0, first, ": does not say where it lies (", without, " of ", tiles.size(),
            " images do not), so that --vectors has no places; predict the masks alone, then run vectorize on them");
}

void write_vectors_of(const PredictOptions& o, BitImage mask, const std::string& id,
                      const std::optional<GeoReference>& place) {
  vectorize::VectorizedImage loaded{id, place, {}, {}, {}};
  if (of_roads(o)) {
    loaded.roads = roads_from_mask(std::move(mask), RoadOptions{});
  } else {
    loaded.buildings = buildings_from_mask(std::move(mask), BuildingOptions{});
    loaded.confidence.assign(loaded.buildings.size(), 1);
  }
  write(o, {loaded});
}

void write_vectors_of_tiles(const PredictOptions& o, int classes, const std::vector<TileFile>& tiles,
                            const std::vector<TileRecord>& records) {
  std::set<std::string> done;
  for (const TileRecord& r : records)
    if (r.error.empty()) done.insert(r.id);
  vectorize::Input input;
  input.mosaic = std::filesystem::path(o.vectors[0]).stem().string();
  input.foreground.classes = classes;
  input.foreground.label = o.label;
  const TilePaths paths(o, classes);
  for (const TileFile& tile : tiles) {
    if (!done.contains(tile.id)) continue;
    input.tiles.push_back({tile.id, paths.in_folder(paths.mask(tile.id)), place_of_image(tile.image_path)});
  }
  PPL_CHECK(!input.tiles.empty(), o.vectors[0], ": no mask to make vectors of");
  write(o, of_roads(o) ? vectorize::roads_of(input, RoadOptions{}) : vectorize::buildings_of(input, BuildingOptions{}));
}

}  // namespace ppl::apps
