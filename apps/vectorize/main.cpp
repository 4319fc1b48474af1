#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/common/output.h"
#include "apps/common/vector_options.h"
#include "io/folder.h"
#include "io/tables/layers/vector_file.h"
#include "io/vectorize/missing.h"
#include "io/vectorize/vectorize.h"

namespace {

using namespace ppl;

struct Command {
  std::string path, suffix = "_mask", images;
  vectorize::Input input;
  std::vector<std::string> outputs;
  RoadSettings roads;
  BuildingSettings buildings;
  std::vector<std::string> maps;  // whose roads or buildings are left out
  Length within{10, true};
  apps::Existing existing = apps::Existing::fail;
  bool json = false;
  std::vector<std::string> foreground;
  MaskCensus::Totals masks;  // what they held
};

void add_input(CLI::App& app, Command& command) {
  auto& input = command.input;
  app.add_option("MASKS", command.path, "Folder of masks <id>_mask.{png,tif}, or one mask")->required();
  app.add_option("OUT", command.outputs,
                 "Files to write: .csv (SpaceNet), .geojson, .geojsonl, .gpkg, .fgb, .osm (JOSM), or another vector "
                 "file of GDAL's")
      ->required();
  app.add_option("--suffix", command.suffix, "What follows the id in names of masks")->capture_default_str();
  app.add_option("--threshold", input.foreground.threshold, "Read probabilities; foreground is above this")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--foreground", command.foreground,
                 "What is foreground in the masks: a value (1), a range (128-255), a colour (255,0,0), or alpha")
      ->allow_extra_args(false);
  app.add_option("--classes", input.foreground.classes, "Index masks of 0 to this many classes")
      ->check(CLI::Range(1, 254))
      ->capture_default_str();
  app.add_option("--label", input.foreground.label, "The class that is wanted")
      ->check(CLI::Range(1, 254))
      ->capture_default_str();
  app.add_option("--images", command.images,
                 "Folder of <id>_sat.* or <id>.*, to know where masks lie that do not say it");
  app.add_option("--pixel-size", input.pixel, "Metres a pixel (else by where the masks lie)")
      ->check(CLI::Range(0.001, 1000.0));
  app.add_option("--missing-from", command.maps, "Only what this map lacks: an OSM file, or a layer (may be repeated)")
      ->check(CLI::ExistingPath);
  app.add_option("--mosaic", input.mosaic, "Put tiles that lie side by side together, under this name");
  apps::add_choice(app, "--existing", command.existing, apps::kExisting,
                   "Files that are there already: fail, skip (do nothing where all are there) or overwrite");
  app.add_flag("--json", command.json, "Print JSON");
}

// Sums of lengths or areas; of metres only where all images have them.
struct Sums {
  size_t count = 0;
  double pixels = 0, metres = 0;
  bool in_metres = true;
};

void print(const Command& command, const char* what, size_t images, const Sums& sums, const std::string& square) {
  if (command.json) {
    nlohmann::ordered_json result = {{"images", images}, {what, sums.count}, {"px" + square, sums.pixels}};
    if (sums.in_metres) result["m" + square] = sums.metres;
    if (command.masks.masks > 0) {
      result["masks_with_foreground"] = command.masks.holding[0];
      result["masks_with_ignored"] = command.masks.with_ignored;
    }
    fmt::print("{}\n", result.dump(2));
  } else {
    const std::string metres = sums.in_metres ? fmt::format(", {:.0f} m{}", sums.metres, square) : "";
    fmt::print("{} image{}, {} {}, {:.0f} px{}{}\n", images, images == 1 ? "" : "s", sums.count, what, sums.pixels,
               square, metres);
    if (command.masks.masks > 0) fmt::print("{}\n", describe(command.masks));
  }
}

// Looks for the masks, once it is known that the results can be written. False where there is nothing to do.
bool prepare(Command& command) {
  vectorize::check_outputs(command.outputs);
  command.input.foreground.foreground = parse_foreground(command.foreground, "--foreground");
  PPL_CHECK(command.foreground.empty() || !command.input.foreground.threshold,
            "--foreground is for masks, --threshold for probabilities: give one of them");
  command.input.on_masks = [&](const MaskCensus::Totals& masks) { command.masks = masks; };
  command.input.tiles = vectorize::find_masks(command.path, command.suffix, command.images);
  std::vector<std::string> masks{command.path};  // and maps: never written over
  for (const auto& tile : command.input.tiles) masks.push_back(tile.path);
  masks.insert(masks.end(), command.maps.begin(), command.maps.end());
  if (apps::check_outputs(command.outputs, masks, command.existing)) {
    apps::log_line(fmt::format("vectorize: {}: there already", fmt::join(command.outputs, ", ")));
    return false;
  }
  command.input.on_image = [progress = std::shared_ptr<apps::Progress>()](int64_t of) mutable {
    if (!progress) progress = std::make_shared<apps::Progress>("vectorize: images", of);
    progress->advance();
  };
  return true;
}

// Layers whose masks do not say where they lie.
void tell_of_pixels(const Command& command, const std::vector<vectorize::VectorizedImage>& images) {
  const bool layer = std::any_of(command.outputs.begin(), command.outputs.end(), is_vector_file);
  if (!layer || images.empty() || (images.front().geo && !images.front().geo->crs.empty())) return;
  apps::log_line(
      "vectorize: the masks do not say where on the earth they lie: layers are in pixels, in no system of the "
      "earth (--images FOLDER names images that say it)");
}

// FlatGeobuf has no features without a geometry, which stand for images in which there is nothing.
void tell_of_flatgeobuf(const Command& command, const std::vector<vectorize::VectorizedImage>& images) {
  const auto nothing = std::count_if(images.begin(), images.end(), [](const vectorize::VectorizedImage& image) {
    return image.roads.empty() && image.buildings.empty();
  });
  for (const std::string& path : command.outputs) {
    if (nothing > 0 && extension_of(path) == ".fgb")
      apps::log_line(
          fmt::format("vectorize: {}: {} of {} images have nothing and are not in it, as FlatGeobuf knows no "
                      "feature without a geometry; .gpkg and .geojson keep them",
                      path, nothing, images.size()));
  }
}

// Before anything is traced: a map that cannot be read is no reason to wait.
std::unique_ptr<vectorize::KnownMap> read_map(const Command& command, MapTheme theme) {
  if (command.maps.empty()) return nullptr;
  auto map = std::make_unique<vectorize::KnownMap>(command.maps, theme);
  for (const std::string& note : map->notes()) apps::log_line("vectorize: " + note);
  return map;
}

void run_roads(Command& command) {
  if (!prepare(command)) return;
  const auto map = read_map(command, MapTheme::roads);
  std::vector<vectorize::VectorizedImage> images = vectorize::roads_of(command.input, command.roads);
  if (map) apps::log_line("vectorize: " + vectorize::keep_missing(*map, images, command.roads, command.within));
  apps::log_line("vectorize: " + vectorize::describe_scale(images, command.roads));
  vectorize::write_roads(command.outputs, images);
  tell_of_pixels(command, images);
  tell_of_flatgeobuf(command, images);
  Sums sums;
  for (const vectorize::VectorizedImage& image : images) {
    sums.count += image.roads.size();
    sums.in_metres &= image.pixel.has_value();
    for (const Line& line : image.roads) {
      sums.pixels += line_length(line);
      sums.metres += line_length(line) * image.metres().value_or(0);
    }
  }
  print(command, "roads", images.size(), sums, "");
}

void run_buildings(Command& command) {
  if (!prepare(command)) return;
  const auto map = read_map(command, MapTheme::buildings);
  std::vector<vectorize::VectorizedImage> images = vectorize::buildings_of(command.input, command.buildings);
  if (map) apps::log_line("vectorize: " + vectorize::keep_missing(*map, images));
  apps::log_line("vectorize: " + vectorize::describe_scale(images, command.buildings));
  vectorize::write_buildings(command.outputs, images);
  tell_of_pixels(command, images);
  tell_of_flatgeobuf(command, images);
  Sums sums;
  for (const vectorize::VectorizedImage& image : images) {
    const double pixel = image.metres().value_or(0);
    sums.count += image.buildings.size();
    sums.in_metres &= image.pixel.has_value();
    for (const Polygon& polygon : image.buildings) {
      sums.pixels += area(polygon);
      sums.metres += area(polygon) * pixel * pixel;
    }
  }
  print(command, "buildings", images.size(), sums, "2");
}

constexpr const char* kLengths =
    "; lengths are pixels (20), or metres with an m behind them (8m; areas 48m2). Defaults are metres where masks say "
    "where they lie, or with --pixel-size";

void add_roads(CLI::App& app, Command& command) {
  CLI::App* roads = app.add_subcommand("roads", std::string("Centre lines of roads") + kLengths);
  add_input(*roads, command);
  apps::add_road_options(*roads, command.roads);
  apps::add_length(*roads, "--within", command.within, "How near a road of the map is the same road")
      ->needs("--missing-from");
  roads->callback([&] { run_roads(command); });
}

void add_buildings(CLI::App& app, Command& command) {
  CLI::App* buildings = app.add_subcommand("buildings", std::string("Polygons of buildings") + kLengths);
  add_input(*buildings, command);
  apps::add_building_options(*buildings, command.buildings);
  buildings->callback([&] { run_buildings(command); });
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  return apps::run_app(argc, argv, {"vectorize", "Road lines and building polygons from masks"}, [&](CLI::App& app) {
    app.require_subcommand(1);
    add_roads(app, command);
    add_buildings(app, command);
  });
}
