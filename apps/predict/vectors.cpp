#include "apps/predict/vectors.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "apps/common/fingerprint.h"
#include "apps/common/log.h"
#include "apps/common/output.h"
#include "apps/predict/folder/tile_files.h"
#include "io/places/scene_mosaic.h"
#include "io/vectorize/missing.h"
#include "io/vectorize/vectorize.h"

namespace ppl::apps {
namespace {

bool of_roads(const PredictOptions& o) { return o.theme == Theme::roads; }

vectorize::KnownMap map_of(const PredictOptions& o) {
  return {o.maps, of_roads(o) ? MapTheme::roads : MapTheme::buildings};
}

void leave_out(const PredictOptions& o, std::vector<vectorize::VectorizedImage>& images) {
  if (o.maps.empty()) return;
  const vectorize::KnownMap map = map_of(o);
  for (const std::string& note : map.notes()) log_line("predict: " + note);
  log_line("predict: " + (of_roads(o) ? vectorize::keep_missing(map, images, o.roads, o.within)
                                      : vectorize::keep_missing(map, images)));
}

void write(const PredictOptions& o, std::vector<vectorize::VectorizedImage> images) {
  leave_out(o, images);
  size_t count = 0;
  for (const vectorize::VectorizedImage& loaded : images) count += loaded.roads.size() + loaded.buildings.size();
  const vectorize::Metadata metadata{{"weights", std::filesystem::path(o.weights).filename().string()},
                                     {"weights_hash", Fingerprint().add_file(o.weights).hex()}};
  if (of_roads(o))
    vectorize::write_roads(o.vectors, images, metadata);
  else
    vectorize::write_buildings(o.vectors, images, metadata);
  log_line("predict: " +
           (of_roads(o) ? vectorize::describe_scale(images, o.roads) : vectorize::describe_scale(images, o.buildings)));
  log_line(fmt::format("predict: {}: {} {}", fmt::join(o.vectors, ", "), count, word_of(kThemes, o.theme)));
}

}  // namespace

void check_vectors(const PredictOptions& o, int classes) {
  if (o.vectors.empty()) return;
  vectorize::check_outputs(o.vectors);
  PPL_CHECK(o.label <= classes, "--label ", o.label, " of a network with ", classes, " classes");
  const SameFiles maps(o.maps);
  for (const std::string& path : o.vectors) PPL_CHECK(!maps.contains(path), path, ": is the map that is read");
  if (!o.maps.empty()) map_of(o);
}

std::string missing_text(const PredictOptions& o) {
  std::string text;
  for (const std::string& map : o.maps) text += cat(map, " ", stamp_of(map), "; ");
  return text.empty() ? text : cat(text, o.within.value, o.within.metres ? "m" : "");
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
                      const std::optional<GeoReference>& place, const std::string& probabilities) {
  vectorize::VectorizedImage scene{id, place, {}, {}};
  scene.pixel = pixel_of(place, mask.height(), mask.width(), o.pixel_size);
  if (of_roads(o))
    vectorize::trace_roads(scene, std::move(mask), o.roads);
  else
    vectorize::trace_buildings(scene, std::move(mask), o.buildings);
  if (!probabilities.empty()) vectorize::add_confidence(scene, probabilities);
  write(o, {scene});
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
  input.pixel = o.pixel_size;
  write(o, of_roads(o) ? vectorize::roads_of(input, o.roads) : vectorize::buildings_of(input, o.buildings));
}

}  // namespace ppl::apps
