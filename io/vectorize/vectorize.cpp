#include "io/vectorize/vectorize.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <mutex>

#include "io/image/image.h"
#include "io/places/mosaic.h"
#include "io/places/scene_tiles.h"
#include "io/threads.h"
#include "io/tiles/mask_files.h"
#include "io/vectorize/probability_file.h"

namespace ppl::vectorize {
namespace fs = std::filesystem;
namespace {

std::string id_of(const std::string& path, const std::string& suffix) {
  std::string stem = fs::path(path).stem().string();
  if (stem.ends_with(suffix) && stem != suffix) stem.resize(stem.size() - suffix.size());
  return stem;
}

// The mask's own place, else its image's.
std::optional<GeoReference> place_of(const MaskTile& tile, const std::string& images) {
  if (std::optional<GeoReference> own = read_georeference(tile.path); own || images.empty()) return own;
  return place_by_image(tile.id, images);
}

// One image's mask, and of what tiles it is made.
struct Source {
  std::string id;
  std::optional<GeoReference> geo;
  std::vector<MaskTile> tiles;
  Mosaic mosaic;  // of several tiles
};

std::vector<Source> gather(const std::vector<MaskTile>& tiles, const std::string& name) {
  std::vector<Source> sources;
  if (name.empty()) {
    for (const MaskTile& tile : tiles) sources.push_back({tile.id, tile.geo, {tile}, {}});
    return sources;
  }
  std::vector<PlacedTile> placed;
  for (const MaskTile& tile : tiles) {
    PPL_CHECK(tile.geo, tile.path, ": does not say where it lies, so it cannot be put into a mosaic");
    const ImageHeader header = read_image_header(tile.path);
    placed.push_back({tile.path, header.height, header.width, *tile.geo});
  }
  std::vector<Mosaic> mosaics = arrange_tiles(placed);
  for (size_t i = 0; i < mosaics.size(); ++i) {
    Source& source = sources.emplace_back();
    source.id = mosaics.size() > 1 ? cat(name, "_", i + 1) : name;
    source.geo = mosaics[i].geo;
    for (const Mosaic::Part& part : mosaics[i].parts) source.tiles.push_back(tiles[part.tile]);
    source.mosaic = std::move(mosaics[i]);
  }
  return sources;
}

BitImage read_source(const Source& source, const ForegroundOptions& options) {
  if (source.mosaic.parts.empty()) return read_foreground(source.tiles[0].path, options);
  BitImage whole(source.mosaic.height, source.mosaic.width);
  for (size_t i = 0; i < source.tiles.size(); ++i) {
    const Mosaic::Part& part = source.mosaic.parts[i];
    paste(whole, read_foreground(source.tiles[i].path, options), part.row, part.column);
  }
  return whole;
}

template <class Fill>
std::vector<VectorizedImage> images_of(const Input& input, Fill&& fill) {
  const std::vector<Source> sources = gather(input.tiles, input.mosaic);
  MaskCensus census;
  ForegroundOptions foreground = input.foreground;
  foreground.census = &census;
  std::vector<VectorizedImage> images(sources.size());
  std::mutex mutex;
  for_each_index(static_cast<int64_t>(sources.size()), available_threads(), [&](int64_t i) {
    const Source& source = sources[static_cast<size_t>(i)];
    VectorizedImage& image = images[static_cast<size_t>(i)];
    image.id = source.id;
    image.geo = source.geo;
    fill(image, source, read_source(source, foreground));
    if (!input.on_image) return;
    const std::lock_guard lock(mutex);
    input.on_image(static_cast<int64_t>(sources.size()));
  });
  if (input.foreground.threshold) return images;
  census.check(input.tiles.size() > 1 ? "the folder" : input.tiles[0].path);
  if (input.on_masks) input.on_masks(census.totals());
  return images;
}

}  // namespace

std::vector<MaskTile> find_masks(const std::string& path, const std::string& suffix, const std::string& images) {
  std::vector<MaskTile> tiles;
  if (fs::is_directory(path)) {
    for (const auto& [id, file] : list_masks(path, suffix)) tiles.push_back({id, file, {}});
    PPL_CHECK(!tiles.empty(), path, ": no file <id>", suffix, ".{png,tif,jpg} in this folder");
  } else {
    tiles.push_back({id_of(path, suffix), path, {}});
  }
  for (MaskTile& tile : tiles) tile.geo = place_of(tile, images);
  return tiles;
}

void trace_roads(VectorizedImage& image, BitImage mask, const RoadSettings& settings) {
  TracedRoads roads = traced_roads(std::move(mask), settings.at(image.metres()));
  image.roads = std::move(roads.lines);
  image.widths = std::move(roads.widths);
}

void trace_buildings(VectorizedImage& image, BitImage mask, const BuildingSettings& settings) {
  image.buildings = buildings_from_mask(std::move(mask), settings.at(image.metres()));
  image.confidence.assign(image.buildings.size(), 1);
}

void add_confidence(VectorizedImage& image, const std::string& probabilities) {
  const ProbabilityFile file(probabilities);
  image.confidence.clear();
  for (const Line& road : image.roads) image.confidence.push_back(mean_along(file, road));
  for (const Polygon& building : image.buildings) image.confidence.push_back(mean_inside(file, building));
}

namespace {

template <class Trace>
std::vector<VectorizedImage> trace_all(const Input& input, Trace&& trace) {
  return images_of(input, [&](VectorizedImage& image, const Source& source, BitImage mask) {
    image.pixel = pixel_of(image.geo, mask.height(), mask.width(), input.pixel);
    trace(image, std::move(mask));
    if (input.foreground.threshold && source.tiles.size() == 1) add_confidence(image, source.tiles[0].path);
  });
}

template <class Settings>
std::string scale_text(const std::vector<VectorizedImage>& images, const Settings& settings) {
  if (images.empty()) return {};
  constexpr double kSame = 0.01;
  const auto first = images.front().metres();
  const bool others = std::any_of(images.begin(), images.end(), [&](const VectorizedImage& image) {
    const auto metres = image.metres();
    return metres.has_value() != first.has_value() || (first && std::abs(*metres - *first) > kSame * *first);
  });
  return describe(settings.at(first), first) + (others ? "; other images have pixels of other sizes" : "");
}

}  // namespace

std::vector<VectorizedImage> roads_of(const Input& input, const RoadSettings& settings) {
  return trace_all(input, [&](VectorizedImage& i, BitImage mask) { trace_roads(i, std::move(mask), settings); });
}

std::vector<VectorizedImage> buildings_of(const Input& input, const BuildingSettings& settings) {
  return trace_all(input, [&](VectorizedImage& i, BitImage mask) { trace_buildings(i, std::move(mask), settings); });
}

std::string describe_scale(const std::vector<VectorizedImage>& images, const RoadSettings& settings) {
  return scale_text(images, settings);
}
std::string describe_scale(const std::vector<VectorizedImage>& images, const BuildingSettings& settings) {
  return scale_text(images, settings);
}

}  // namespace ppl::vectorize
