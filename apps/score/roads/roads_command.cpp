#include "apps/score/roads/roads_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "apps/common/log.h"
#include "apps/common/output.h"
#include "apps/score/graphs/graph_roads.h"
#include "apps/score/page/page_apls.h"
#include "apps/score/roads/cases.h"
#include "apps/score/roads/roads.h"
#include "io/tables/layers/project_roads.h"
#include "io/threads.h"
#include "io/tiles/mask_files.h"
#include "io/vectorize/mask_roads.h"
#include "io/vectorize/open_roads.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

enum class Tiles { cityscale, small, spacenet };

struct Command {
  std::vector<std::string> sources;  // truth and prediction
  std::string cases, csv, transform, crs, html;
  RoadPageOptions page;
  RoadLayerOptions layers;
  RoadsOptions options;
  TopoParameters topo;
  std::optional<Tiles> tiles;
  bool json = false, with_topo = false;
  apps::Existing existing = apps::Existing::fail;
};

bool is_projected(const Command& command) {
  return command.options.metric == RoadMetric::cosmiq && command.layers.reference;
}

// "x0,dx,rx,y0,ry,dy" as GDAL has it.
GeoReference parse_transform(const std::string& text, const std::string& crs) {
  GeoReference reference{crs, {}};
  std::istringstream in(text);
  char comma = ',';
  for (size_t i = 0; i < 6; ++i) {
    if ((i > 0 && !(in >> comma)) || comma != ',' || !(in >> reference.transform[i])) in.setstate(std::ios::failbit);
  }
  if (!in || !(in >> std::ws).eof()) {
    throw CLI::ValidationError("--transform", "expected six numbers x0,dx,rx,y0,ry,dy, got '" + text + "'");
  }
  return reference;
}

// A scene and a folder of masks meet tile by tile.
std::optional<SceneTiles> tiles_of_scene(const Command& command, size_t scene_side) {
  const std::string &scene = command.sources[scene_side], &folder = command.sources[1 - scene_side];
  if (!std::filesystem::is_regular_file(scene) || !std::filesystem::is_directory(folder) || holds_graphs(folder))
    return {};
  if (find_roads(scene).kind != RoadFiles::masks || find_roads(folder).kind != RoadFiles::masks) return {};
  SceneTiles found = tiles_in_scene(scene, list_masks(folder, kMaskSuffix), command.layers.images);
  if (const double share = uncovered_share(found); share > 0)
    apps::log_line(fmt::format("{:.1f} % of {} lie in no tile of {}, and do not count", 100 * share, scene, folder));
  return found;
}

// CosmiQ's tool measures on the earth. Where --transform says how pixels lie there, so do we.
std::unique_ptr<RoadSource> open_side(const Command& command, size_t side) {
  if (holds_graphs(command.sources[side])) return std::make_unique<GraphRoads>(command.sources[side]);
  const std::optional<SceneTiles> tiles = tiles_of_scene(command, side);
  auto source =
      tiles ? open_scene_roads(command.sources[side], *tiles) : open_roads(command.sources[side], command.layers);
  if (!is_projected(command)) return source;
  return project_roads(std::move(source), *command.layers.reference, *command.options.pixel);
}

// What layers are measured by where no option says it: by the masks on the other side; else, where both sides are
// layers without an image beside them, in UTM.
void place_layers(Command& command) {
  RoadLayerOptions& layers = command.layers;
  if (layers.reference || !layers.images.empty() || layers.pixels) return;
  if (holds_graphs(command.sources[0]) || holds_graphs(command.sources[1])) return;
  const FoundRoads truth = find_roads(command.sources[0]), prediction = find_roads(command.sources[1]);
  if (truth.kind == RoadFiles::layers && prediction.kind == RoadFiles::masks) layers.images = command.sources[1];
  if (truth.kind == RoadFiles::masks && prediction.kind == RoadFiles::layers) layers.images = command.sources[0];
  if (truth.kind != RoadFiles::layers || prediction.kind != RoadFiles::layers) return;
  std::vector<std::string> files = truth.files;
  files.insert(files.end(), prediction.files.begin(), prediction.files.end());
  const auto has_image = [](const std::string& file) { return !image_beside(file).empty(); };
  if (std::any_of(files.begin(), files.end(), has_image)) return;
  layers.otherwise = common_ground(files, command.options.pixel.value_or(AplsParameters{}.pixel));
}

// Skipped images and bad rows do not fail the run, so they are said aloud.
void tell(const RoadsReport& report) {
  constexpr size_t kShown = 5;
  for (size_t i = 0; i < std::min(report.bad_rows.size(), kShown); ++i) {
    apps::log_line("left out: " + report.bad_rows[i]);
  }
  if (report.bad_rows.size() > kShown) apps::log_line(cat("and ", report.bad_rows.size() - kShown, " more bad rows"));
}

// Road graphs in files are in metres.
void set_graph_pixels(Command& command) {
  const auto graphs = std::find_if(command.sources.begin(), command.sources.end(), holds_graphs);
  if (graphs == command.sources.end()) return;
  PPL_CHECK(command.options.pixel.value_or(1) == 1, *graphs,
            ": road graphs are in metres, so that a pixel is 1 m, not ", *command.options.pixel);
  command.options.pixel = 1;
}

void run_pair(Command& command) {
  const apps::ExtraOutputs outputs(command.existing);
  outputs.check({command.csv, command.html}, {command.sources[0], command.sources[1], command.layers.images});
  if (!command.transform.empty()) command.layers.reference = parse_transform(command.transform, command.crs);
  if (command.with_topo) command.options.topo = command.topo;
  // Lines on the ground are in units of any size.
  if (is_projected(command) && !command.options.pixel) command.options.pixel = AplsParameters{}.pixel;
  set_graph_pixels(command);
  place_layers(command);
  command.options.images = command.layers.images;
  const auto prediction = open_side(command, 1), truth = open_side(command, 0);
  PPL_CHECK(truth->size() > 0, command.sources[0], ": nothing to score: no image in it");
  PPL_CHECK(prediction->size() > 0, command.sources[1], ": nothing to score: no image in it");
  const RoadsReport report = score_roads(*truth, *prediction, command.options);
  const auto& images = report.images;
  const bool any = std::any_of(images.begin(), images.end(), [](const RoadImage& image) { return image.scored(); });
  PPL_CHECK(any, "nothing to score: no image is in both ", command.sources[0], " (",
            such_as(truth->size(), truth->id(0)), ") and ", command.sources[1], " (",
            such_as(prediction->size(), prediction->id(0)), "); ids must be the same, or both one file without ids");
  tell(report);
  outputs.write(command.csv, [&] { return roads_csv(report); });
  outputs.write(command.html, [&] {
    command.page.images = command.layers.images;
    command.page.truth = command.sources[0], command.page.prediction = command.sources[1];
    command.page.buffer = fmt::format("{:.4g} m", command.options.apls.snap);
    return page_html(apls_page(report, *truth, *prediction, command.options.apls, command.page));
  });
  fmt::print("{}", command.json ? roads_json(report) : roads_table(report));
}

void run(Command& command) {
  if (command.cases.empty()) return run_pair(command);
  const CasesResult result = run_cases(command.cases, command.options.method, command.options.threads);
  fmt::print("{}", result.text);
  PPL_CHECK(result.failed == 0, command.cases, ": ", result.failed, " of ", result.cases, " cases failed");
}

void add_metric_options(CLI::App& roads, Command& command) {
  RoadsOptions& options = command.options;
  roads.add_option("--pixel", options.pixel, "Metres a pixel")
      ->check(CLI::PositiveNumber)
      ->default_str("from the ground; 0.31 for SpaceNet's ids");
  roads.add_option("--snap", options.apls.snap, "Metres that a control point may be moved")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  roads.add_option("--spacing", options.apls.spacing, "Metres between control points along a road")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  roads
      .add_option("--curved", options.apls.curved,
                  "CosmiQ's flavour: control points only along roads whose length differs by this share or more from "
                  "the diagonal of their bounding box")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  const std::map<std::string, RoadMetric> metrics{
      {"spacenet", RoadMetric::spacenet}, {"cosmiq", RoadMetric::cosmiq}, {"sat2graph", RoadMetric::sat2graph}};
  roads
      .add_option("--metric", options.metric,
                  "APLS as SpaceNet's scorer computes it, as CosmiQ's tool, or as Sat2Graph's (RNGDet++, SAM-Road)")
      ->transform(CLI::CheckedTransformer(metrics))
      ->default_str("spacenet");
  const std::map<std::string, Tiles> tiles{
      {"cityscale", Tiles::cityscale}, {"small", Tiles::small}, {"spacenet", Tiles::spacenet}};
  roads
      .add_option("--tiles", command.tiles,
                  "sat2graph: tiles of 2,048 m (cityscale), or of 352 m with control points every 30 m (small) or 20 m "
                  "(spacenet: SAM-Road's and RNGDet++'s on SpaceNet)")
      ->transform(CLI::CheckedTransformer(tiles));
  const std::map<std::string, Missing> missing{{"skip", Missing::skip}, {"zero", Missing::zero}};
  roads.add_option("--missing", options.missing, "Images on one side only: skip them, or let them score zero")
      ->transform(CLI::CheckedTransformer(missing))
      ->default_str("skip");
  const std::map<std::string, Cities> cities{{"ids", Cities::from_ids}, {"one", Cities::one}};
  roads.add_option("--cities", options.cities, "Cities from the ids' first three parts (AOI_2_Vegas), or one of all")
      ->transform(CLI::CheckedTransformer(cities))
      ->default_str("ids where they begin with AOI_ and a number, else one");
  const std::map<std::string, AplsMethod> methods{{"quick", AplsMethod::quick}, {"literal", AplsMethod::literal}};
  roads
      .add_option("--method", options.method, "quick, or literal: every road graph point by point; scores are the same")
      ->transform(CLI::CheckedTransformer(methods))
      ->default_str("quick");
  roads
      .add_option("--junctions", options.junctions,
                  "Also precision, recall and F1 of junctions: found are those with one within so many metres")
      ->check(CLI::NonNegativeNumber);
  roads.add_flag("--lenient", options.lenient, "Leave bad rows out and count them");
  options.threads = available_threads();
  roads.add_option("--threads", options.threads, "Threads")->check(CLI::Range(1, 1024))->default_str("all cores");
}

void add_topo_options(CLI::App& roads, Command& command) {
  TopoParameters& topo = command.topo;
  CLI::Option* flag = roads.add_flag("--topo", command.with_topo, "Also TOPO: precision, recall and F1");
  const auto add = [&](const char* name, double& value, const char* what) {
    roads.add_option(name, value, what)->check(CLI::PositiveNumber)->capture_default_str()->needs(flag);
  };
  add("--topo-hole", topo.hole, "TOPO: metres within which a marble falls into a hole");
  add("--topo-interval", topo.interval, "TOPO: metres between holes");
  add("--topo-radius", topo.radius, "TOPO: metres around an origin");
  roads.add_option("--topo-origins", topo.origins, "TOPO: nodes to start from, at most")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str()
      ->needs(flag);
}

// Sat2Graph's rules are fixed but for the kind of tile, which nothing else says.
void choose_tiles(const CLI::App& roads, Command& command) {
  const bool wanted = command.options.metric == RoadMetric::sat2graph;
  if (!wanted && command.tiles) throw CLI::ValidationError("--tiles", "is for --metric sat2graph");
  if (!wanted) return;
  if (!command.tiles) {
    throw CLI::RequiredError(
        "--metric sat2graph needs --tiles cityscale, small or spacenet: its rules differ by it, and");
  }
  for (const char* other : {"--snap", "--spacing", "--curved", "--method", "--topo-hole", "--topo-interval",
                            "--topo-radius", "--topo-origins"}) {
    if (roads.count(other) > 0) throw CLI::ValidationError(other, "has no part in sat2graph's rules");
  }
  command.options.tiles = *command.tiles == Tiles::cityscale ? kCityScale
                          : *command.tiles == Tiles::small   ? kSmallTiles
                                                             : kSpaceNetTiles;
}

void add_layer_options(CLI::App& roads, Command& command) {
  roads.add_option(
      "--images", command.layers.images,
      "Image, or folder of images, that say how pixels lie on the earth (else one beside each layer, else the "
      "masks of the other side); for images of mosaics all of them together");
  roads.add_option("--transform", command.transform, "The same as six numbers x0,dx,rx,y0,ry,dy");
  roads.add_option("--crs", command.crs, "Coordinate system of --transform, such as EPSG:32611 (else the layer's)");
  roads.add_flag("--pixels", command.layers.pixels, "Coordinates of layers are pixels already");
}

}  // namespace

void add_roads_command(CLI::App& app) {
  CLI::App* roads = app.add_subcommand("roads", "APLS of roads, a table, layer or mask an image");
  const auto command = std::make_shared<Command>();
  CLI::Option* sources =
      roads
          ->add_option(
              "SOURCES", command->sources,
              "Road tables (.csv), road layers (.geojson, .gpkg, .fgb, .shp), masks, or folders of them; a scene and a "
              "folder of masks: tile by tile")
          ->type_name("TRUTH PREDICTION")
          ->expected(2);
  CLI::Option* cases = roads->add_option("--cases", command->cases, "Run a JSON list of cases with known results");
  sources->excludes(cases);
  roads->add_flag("--json", command->json, "Print JSON instead of a table");
  roads->add_option("--csv", command->csv, "Also write a line for each image to this file");
  roads->add_option("--html", command->html, "Also write a page to look at; --images may name images for it");
  roads->add_option("--shown", command->page.shown, "Tiles drawn on the page: so many of the worst, and of the best")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  apps::add_existing_option(*roads, command->existing, "Files of --csv and --html");
  add_metric_options(*roads, *command);
  add_topo_options(*roads, *command);
  add_layer_options(*roads, *command);
  roads->callback([command, roads] {
    choose_tiles(*roads, *command);
    if (command->cases.empty() && command->sources.size() != 2) {
      throw CLI::RequiredError("TRUTH and PREDICTION, or --cases");
    }
    run(*command);
  });
}

}  // namespace ppl::score
