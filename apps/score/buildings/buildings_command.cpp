#include "apps/score/buildings/buildings_command.h"

#include <fmt/format.h>

#include <memory>

#include "apps/common/log.h"
#include "apps/common/output.h"
#include "apps/score/buildings/buildings.h"
#include "apps/score/page/page_options.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

struct Command {
  BuildingsOptions options;
  std::string csv, iou_csv, missing = "count", html;
  PageOptions page;
  bool json = false;
  apps::Existing existing = apps::Existing::fail;
};

void name_first(const char* what, const std::vector<std::string>& names) {
  constexpr size_t kShown = 5;
  if (names.empty()) return;
  std::string text = fmt::format("score: {} {}: ", names.size(), what);
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i > 0 ? "; " : "") + names[i];
  apps::log_line(names.size() > kShown ? text + "; ..." : text);
}

void run(Command& command) {
  command.options.skip_missing = command.missing == "skip";
  command.options.keep_buildings = !command.iou_csv.empty();
  const apps::ExtraOutputs outputs(command.existing);
  outputs.check({command.csv, command.iou_csv, command.html},
                {command.options.truth, command.options.prediction, command.page.images});
  const BuildingPairs pairs(command.options);
  const BuildingsReport report = score_buildings(pairs);
  if (report.small_truth + report.small_prediction > 0) {
    apps::log_line(fmt::format("score: {} true and {} predicted buildings are too small and left out (--min-area)",
                               report.small_truth, report.small_prediction));
  }
  name_first("polygons repaired", report.repaired);
  name_first("images of the truth only", report.only_truth);
  name_first("images of the prediction only", report.only_prediction);
  outputs.write(command.csv, [&] { return buildings_csv(report); });
  outputs.write(command.iou_csv, [&] { return buildings_iou_csv(report); });
  outputs.write(command.html, [&] { return page_html(building_page(report, pairs, command.page)); });
  fmt::print("{}", command.json ? buildings_json(report) : buildings_table(report));
  PPL_CHECK(command.missing != "fail" || (report.only_truth.empty() && report.only_prediction.empty()),
            report.only_truth.size() + report.only_prediction.size(), " images are on one side only; --missing count ",
            "takes their buildings as missed or false, --missing skip leaves them out");
}

}  // namespace

void add_buildings_command(CLI::App& app) {
  CLI::App* buildings = app.add_subcommand("buildings", "SpaceNet's F1 of building footprints");
  const auto command = std::make_shared<Command>();
  BuildingsOptions& options = command->options;
  buildings
      ->add_option("TRUTH", options.truth,
                   "Table (ImageId, PolygonWKT_Pix) or layer (.geojson, .gpkg, .fgb, .shp), or a folder of either")
      ->required();
  buildings->add_option("PREDICTION", options.prediction, "The same; Confidence says what is matched first")
      ->required();
  buildings->add_flag("--json", command->json, "Print JSON instead of a table");
  buildings->add_option("--csv", command->csv, "Also write a line for each image to this file");
  buildings->add_option("--iou-csv", command->iou_csv, "Also write a line for each true building to this file");
  add_page_options(*buildings, command->html, command->page);
  apps::add_existing_option(*buildings, command->existing, "Files of --csv, --iou-csv and --html");
  buildings->add_flag("--pixels", options.pixels, "Coordinates of layers are pixels, whatever the layers say");
  buildings->add_option("--min-iou", options.min_iou, "A match needs more than this")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  buildings->add_option("--min-area", options.min_area, "Smaller buildings are left out: pixels, or the layer's units")
      ->check(CLI::Range(0.0, 1e12))
      ->default_str("20 pixels; 0 for layers");
  CLI::Option* outlines = buildings->add_flag(
      "--outlines", options.outlines,
      "Also AP over IoU 0.5 to 0.95, PoLiS, complexity-aware IoU, ratio of vertices, tangent angles, F1 by size");
  buildings->add_option("--sizes", options.sizes, "Areas at which buildings of F1 by size become medium and large")
      ->delimiter(',')
      ->default_str("1024,9216 pixels (COCO's); 100,1000 for layers")
      ->needs(outlines);
  buildings
      ->add_option("--missing", command->missing, "Images on one side only: count their buildings, skip them, fail")
      ->check(CLI::IsMember({"count", "skip", "fail"}))
      ->capture_default_str();
  buildings->callback([command] { run(*command); });
}

}  // namespace ppl::score
