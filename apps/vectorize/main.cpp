#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/common/output.h"
#include "io/tables/layers/vector_file.h"
#include "io/vectorize/vectorize.h"

namespace {

using namespace ppl;

struct Command {
  std::string path, suffix = "_mask", images;
  vectorize::Input input;
  std::vector<std::string> outputs;
  RoadOptions roads;
  BuildingOptions buildings;
  apps::Existing existing = apps::Existing::fail;
  bool json = false;
  std::vector<std::string> foreground;
  MaskCensus::Totals masks;  // what they held
};

void add_input(CLI::App& app, Command& command) {
  auto& input = command.input;
  app.add_option("MASKS", command.path, "Folder of masks <id>_mask.{png,tif}, or one mask")->required();
  app.add_option("OUT", command.outputs, "Files to write: .csv (SpaceNet), .geojson, .gpkg, .fgb")->required();
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
  app.add_option("--mosaic", input.mosaic, "Put tiles that lie side by side together, under this name");
  apps::add_choice(app, "--existing", command.existing, apps::kExisting,
                   "Files that are there already: fail, skip (do nothing where all are there) or overwrite");
  app.add_flag("--json", command.json, "Print JSON");
}

void add_number(CLI::App& app, const char* name, double& value, const char* help) {
  app.add_option(name, value, help)->check(CLI::Range(0.0, 1e6))->capture_default_str();
}

void add_count(CLI::App& app, const char* name, int64_t& value, const char* help) {
  app.add_option(name, value, help)->check(CLI::Range(int64_t{0}, int64_t{1} << 40))->capture_default_str();
}

void print(const Command& command, const char* what, size_t images, size_t count, double amount, const char* unit) {
  if (command.json) {
    nlohmann::ordered_json result = {{"images", images}, {what, count}, {unit, amount}};
    if (command.masks.masks > 0) {
      result["masks_with_foreground"] = command.masks.holding[0];
      result["masks_with_ignored"] = command.masks.with_ignored;
    }
    fmt::print("{}\n", result.dump(2));
  } else {
    fmt::print("{} image{}, {} {}, {:.0f} {}\n", images, images == 1 ? "" : "s", count, what, amount, unit);
    if (command.masks.masks > 0) fmt::print("{}\n", describe(command.masks));
  }
}

// Looks for the masks, once it is known that the results can be written. False where there is nothing to do.
bool prepare(Command& command) {
  for (const std::string& path : command.outputs)
    apps::check_extension("OUT", path, {".csv", ".geojson", ".json", ".gpkg", ".fgb"}, "a table or layer");
  vectorize::check_outputs(command.outputs);
  command.input.foreground.foreground = parse_foreground(command.foreground, "--foreground");
  PPL_CHECK(command.foreground.empty() || !command.input.foreground.threshold,
            "--foreground is for masks, --threshold for probabilities: give one of them");
  command.input.on_masks = [&](const MaskCensus::Totals& masks) { command.masks = masks; };
  command.input.tiles = vectorize::find_masks(command.path, command.suffix, command.images);
  std::vector<std::string> masks{command.path};
  for (const auto& tile : command.input.tiles) masks.push_back(tile.path);
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

void run_roads(Command& command) {
  if (!prepare(command)) return;
  const std::vector<vectorize::VectorizedImage> images = vectorize::roads_of(command.input, command.roads);
  vectorize::write_roads(command.outputs, images);
  tell_of_pixels(command, images);
  size_t count = 0;
  double sum = 0;
  for (const vectorize::VectorizedImage& image : images) {
    count += image.roads.size();
    for (const Line& line : image.roads) sum += line_length(line);
  }
  print(command, "roads", images.size(), count, sum, "px");
}

void run_buildings(Command& command) {
  if (!prepare(command)) return;
  const std::vector<vectorize::VectorizedImage> images = vectorize::buildings_of(command.input, command.buildings);
  vectorize::write_buildings(command.outputs, images);
  tell_of_pixels(command, images);
  size_t count = 0;
  double sum = 0;
  for (const vectorize::VectorizedImage& image : images) {
    count += image.buildings.size();
    for (const Polygon& polygon : image.buildings) sum += area(polygon);
  }
  print(command, "buildings", images.size(), count, sum, "px2");
}

void add_roads(CLI::App& app, Command& command) {
  CLI::App* roads = app.add_subcommand("roads", "Centre lines of roads; all lengths in pixels");
  add_input(*roads, command);
  RoadOptions& o = command.roads;
  roads->add_option("--closing", o.closing, "Radius of the disc that closes cracks")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  add_count(*roads, "--min-object", o.min_object, "Smaller blobs are dropped, pixels");
  add_count(*roads, "--min-hole", o.min_hole, "Smaller holes are filled, pixels");
  add_number(*roads, "--merge", o.merge, "Junctions nearer than this, or than the road is wide, become one");
  add_number(*roads, "--spur", o.spur, "Shorter dead ends are dropped");
  add_number(*roads, "--min-length", o.min_length, "Networks shorter than this are dropped");
  add_number(*roads, "--gap", o.gap, "Dead ends this near to one another, or to a road ahead, are joined");
  add_number(*roads, "--far-gap", o.far_gap, "The same for dead ends that point at one another");
  add_number(*roads, "--angle", o.angle, "Degrees that these may be off");
  add_number(*roads, "--simplify", o.simplify, "Tolerance of Douglas and Peucker");
  roads->callback([&] { run_roads(command); });
}

void add_buildings(CLI::App& app, Command& command) {
  CLI::App* buildings = app.add_subcommand("buildings", "Polygons of buildings; all lengths in pixels");
  add_input(*buildings, command);
  BuildingOptions& o = command.buildings;
  buildings->add_option("--closing", o.closing, "Radius of the disc that closes cracks")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  add_count(*buildings, "--min-area", o.min_area, "Smaller objects are dropped, pixels");
  add_count(*buildings, "--min-hole", o.min_hole, "Smaller holes are filled, pixels");
  add_number(*buildings, "--simplify", o.simplify, "Tolerance of Douglas and Peucker");
  buildings->add_flag("--square", o.square, "Right angles where the polygon allows it");
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
