#include <fmt/format.h>

#include "apps/common/app.h"
#include "apps/rasterize/rasterize.h"
#include "apps/rasterize/words.h"
#include "io/file.h"
#include "io/threads.h"

namespace {

using namespace ppl;
using namespace ppl::rasterize;

struct Command {
  Job job;
  std::string widths;
  std::vector<std::string> classes;
  bool print_widths = false, json = false, grid = false;
};

void add_inputs(CLI::App& app, Command& c) {
  app.add_option(
      "INPUT", c.job.inputs,
      "OSM (PBF, XML, changes, o5m; gzip, bzip2), vectors that OGR reads, zip archives of them, tables with a "
      "column of geometries, GeoJSON lines; known by their content");
  app.add_option("--out", c.job.out, "Folder for <id>_mask.png and manifest.jsonl");
  apps::add_choice(app, "--theme", c.job.settings.theme, kThemes, "What is drawn");
  app.add_option("--kind-field", c.job.fields.kind,
                 "OGR: attribute with the class (else highway or building, fclass, class, subtype, type)");
  app.add_option("--lanes-field", c.job.fields.lanes, "OGR: attribute with the number of lanes (else lanes)");
  app.add_option("--width-field", c.job.fields.width, "OGR: attribute with the width in metres (else width)");
  app.add_option("--layer", c.job.fields.layer, "OGR: this layer only");
  app.add_option("--source-crs", c.job.fields.crs, "OGR: coordinate system of layers that name none");
  app.add_flag("--all-features", c.job.all_features,
               "OGR: every line (buildings: polygon) of a layer is drawn, whatever its attributes say");
  app.add_flag("--allow-empty", c.job.allow_empty,
               "Also maps of which nothing is drawn or that touch no tile: empty masks");
}

void add_tiles(CLI::App& app, Command& c) {
  TileChoice& tiles = c.job.tiles;
  CLI::Option_group* group = app.add_option_group("Tiles", "One of these says where the tiles lie");
  group->add_option("--images", tiles.images, "Folder of georeferenced images");
  group->add_option("--slippy", tiles.slippy, "Folder of web map tiles, z/x/y or NAME-x-y-z");
  group->add_option("--table", tiles.table, "CSV or JSON of id, transform, crs, width, height");
  group->add_flag("--grid", c.grid, "A grid of --size pixels of --pixel in --crs over --bounds");
  group->require_option(0, 1);
  app.add_option("--crs", tiles.crs, "Coordinate system of the grid, or of images that name none (EPSG:32632)");
  app.add_option("--pixel", tiles.pixel, "Grid: size of a pixel in units of --crs")->check(CLI::PositiveNumber);
  app.add_option("--size", tiles.size, "Grid: pixels a side of a tile")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--bounds", tiles.bounds, "Grid: west south east north in --crs (else all features)")->expected(4);
  app.add_flag("--tms", tiles.tms, "Slippy: y counts from the south");
  app.add_flag("--skip-problems", c.job.skip_problems, "Leave out tiles that cannot be placed instead of stopping");
}

void add_drawing(CLI::App& app, Command& c) {
  Settings& s = c.job.settings;
  apps::add_choice(app, "--style", s.style, kStyles, "Roads: metres on the ground, or cv2.line as published");
  app.add_option("--buffer", s.buffer, "Roads: metres across every road, instead of widths")
      ->check(CLI::Range(0.01, 1000.0));
  app.add_option("--widths", c.widths, "Roads: JSON table of widths and classes, see --print-widths");
  app.add_flag("--print-widths", c.print_widths, "Print the table of widths in use and stop");
  app.add_option("--classes", c.classes, "Only these classes, such as primary,secondary")->delimiter(',');
  app.add_flag("--tunnels", s.tunnels, "Also what lies in tunnels and underground");
  app.add_option("--lane-pixels", s.lane_pixels, "Published style: pixels a lane")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  apps::add_choice(app, "--values", s.values, kValues,
                   "Binary masks, or a class each pixel (buildings: 2 boundary, 3 contact)");
  app.add_option("--distance", s.distance,
                 "Roads: also <id>_distance.png, 255 on centre lines to 0 this many metres off")
      ->check(CLI::Range(0.1, 1000.0));
  app.add_option("--boundary", s.boundary, "Buildings, --values classes: metres inside outlines")
      ->check(CLI::Range(0.01, 100.0));
  app.add_option("--contact", s.contact, "Buildings, --values classes: metres from two buildings")
      ->check(CLI::Range(0.01, 100.0));
  app.add_option("--min-area", s.min_area, "Leave out smaller areas, square metres")->check(CLI::NonNegativeNumber);
}

void add_outputs(CLI::App& app, Command& c) {
  apps::add_choice(app, "--format", c.job.settings.format, kFormats, "Format of the masks");
  app.add_option("--overlay", c.job.overlay, "Also images of the masks on their images, into this folder");
  apps::add_choice(app, "--no-data", c.job.settings.no_data, kNoDataRules,
                   "Pixels without data in images: draw over them, mask them out, or also skip tiles");
  app.add_option("--max-no-data", c.job.settings.max_no_data, "--no-data skip: share above which a tile is left out")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  apps::add_choice(app, "--existing", c.job.existing, apps::kExisting,
                   "Masks of an earlier run: fail, skip what is done (resume), or remove them and draw anew");
  c.job.threads = available_threads();
  app.add_option("--threads", c.job.threads, "Tiles drawn at once")->check(CLI::Range(1, 1024));
  app.add_flag("--json", c.json, "Print the summary as JSON");
}

void complete_settings(Command& c) {
  Settings& s = c.job.settings;
  s.classes = {c.classes.begin(), c.classes.end()};
  c.job.widths = c.widths;
  if (!c.widths.empty()) s.widths = WidthTable::parse(read_text(c.widths), c.widths);
}

// What options say about one another.
void check_usage(const Command& c) {
  const TileChoice& t = c.job.tiles;
  const auto need = [](bool fine, const char* what) {
    if (!fine) throw CLI::ValidationError(what);
  };
  if (c.print_widths) return;
  need(!c.job.inputs.empty(), "INPUT is required");
  need(!c.job.out.empty(), "--out is required");
  need(c.grid || !t.images.empty() || !t.slippy.empty() || !t.table.empty(),
       "one of --images, --slippy, --table and --grid is required");
  need(!c.grid || (!t.crs.empty() && t.pixel > 0), "--grid needs --crs and --pixel");
  const Settings& s = c.job.settings;
  need((s.boundary == 0 && s.contact == 0) || (s.theme == MapTheme::buildings && s.values == Values::classes),
       "--boundary and --contact need --theme buildings and --values classes");
  need(!c.job.all_features || c.classes.empty(), "--all-features and --classes exclude one another");
  need(s.distance == 0 || s.theme == MapTheme::roads, "--distance needs --theme roads");
  need(!s.buffer || s.style == Style::metric, "--buffer needs --style metric");
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  return apps::run_app(argc, argv, {"rasterize", "Masks of roads or buildings for tiles, from maps"},
                       [&](CLI::App& app) {
                         add_inputs(app, command);
                         add_tiles(app, command);
                         add_drawing(app, command);
                         add_outputs(app, command);
                         app.callback([&] {
                           check_usage(command);
                           complete_settings(command);
                           if (command.print_widths) {
                             fmt::print("{}", command.job.settings.widths.json());
                             return;
                           }
                           const Summary summary = ppl::rasterize::rasterize(command.job);
                           fmt::print("{}", command.json ? summary_json(summary) : summary_text(summary));
                         });
                       });
}
