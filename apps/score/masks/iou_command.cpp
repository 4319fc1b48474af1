#include "apps/score/masks/iou_command.h"

#include <fmt/format.h>

#include <memory>

#include "apps/common/log.h"
#include "apps/common/output.h"
#include "apps/score/masks/best_threshold.h"
#include "apps/score/masks/curve.h"
#include "apps/score/masks/iou.h"
#include "apps/score/page/page_options.h"

namespace ppl::score {
namespace {

struct Command {
  IouOptions options;
  std::string csv;
  std::string missing = "fail";
  std::string html;
  PageOptions page;
  bool json = false;
  bool best_threshold = false;
  std::string store;
  std::optional<int> curve;  // its tolerance
  std::vector<std::optional<int>> metrics =
      std::vector<std::optional<int>>(mask_metrics().size());  // values of the options that ask for one
  std::vector<std::string> foreground, prediction_foreground;
  apps::Existing existing = apps::Existing::fail;
};

void say_left_out(int64_t pixels) {
  if (pixels > 0) apps::log_line(fmt::format("{} pixels are left out: the prediction has no data there", pixels));
}

void run_search(const Command& command) {
  const ThresholdSearch search = find_threshold(command.options);
  say_left_out(search.without_prediction);
  if (!command.store.empty()) store_threshold(command.store, search.threshold);
  if (command.json)
    fmt::print("{{\"threshold\":{},\"mean_iou\":{}}}\n", search.threshold, search.mean_iou);
  else
    fmt::print("threshold {:.4f}, mean IoU {:.4f}\n", search.threshold, search.mean_iou);
}

void run_curve(const Command& command) {
  const apps::ExtraOutputs outputs(command.existing);
  outputs.check({command.csv}, {command.options.truth, command.options.prediction});
  const PrecisionRecallCurve curve = precision_recall_curve(command.options, *command.curve);
  say_left_out(curve.without_prediction);
  outputs.write(command.csv, [&] { return curve_csv(curve); });
  fmt::print("{}", command.json ? curve_json(curve) : curve_text(curve));
}

// What makes figures mean something else than they seem to.
void say_what_masks_hold(const IouReport& report) {
  if (report.truths.masks > 0 && report.truths.holding[0] == 0) apps::log_line("truth: " + describe(report.truths));
  if (report.predictions.masks > 0 && report.predictions.holding[0] == 0 && report.truths.holding[0] > 0)
    apps::log_line("prediction: " + describe(report.predictions));
  say_left_out(report.without_prediction);
  if (report.off_grid > 0.05)
    apps::log_line(fmt::format(
        "tiles lie up to {:.2f} pixels beside the scene's pixels, and count as if on the nearest", report.off_grid));
}

void add_foreground(CLI::App& app, const char* name, std::vector<std::string>& words, const std::string& of) {
  app.add_option(name, words,
                 "What is foreground in the " + of + ": a value (1), a range (128-255), a colour (255,0,0), or alpha")
      ->allow_extra_args(false);
}

void run(const Command& command) {
  if (command.best_threshold) return run_search(command);
  if (command.curve) return run_curve(command);
  const apps::ExtraOutputs outputs(command.existing);
  outputs.check({command.csv, command.html}, {command.options.truth, command.options.prediction, command.page.images});
  const IouReport report = score_iou(command.options);
  outputs.write(command.csv, [&] { return iou_csv(report); });
  outputs.write(command.html, [&] { return page_html(mask_page(report, command.options, command.page)); });
  say_what_masks_hold(report);
  fmt::print("{}", command.json ? iou_json(report) : iou_table(report));
  if (command.missing == "fail")
    require_complete({{}, report.only_truth, report.only_prediction, {}, 0, report.uncovered});
}

}  // namespace

void add_iou_command(CLI::App& app) {
  CLI::App* iou = app.add_subcommand("iou", "Mean and global IoU, precision, recall and F1 of masks");
  const auto shared = std::make_shared<Command>();
  Command& command = *shared;
  auto& options = command.options;
  iou->add_option("TRUTH", options.truth,
                  "Folder of <id>_mask.*, one mask, or a scene that the tiles of the other folder are parts of")
      ->required();
  iou->add_option("PREDICTION", options.prediction, "Folder of masks of the same names, one mask, or a scene")
      ->required();
  iou->add_flag("--json", command.json, "Print JSON instead of a table");
  iou->add_option("--csv", command.csv, "Also write a line for each tile and class to this file");
  add_page_options(*iou, command.html, command.page);
  apps::add_existing_option(*iou, command.existing, "Files of --csv and --html");
  iou->add_option("--classes", options.classes, "Index masks of 0 to this many classes, 255 ignored")
      ->check(CLI::Range(1, 254))
      ->capture_default_str();
  add_foreground(*iou, "--foreground", command.foreground, "truths");
  add_foreground(*iou, "--prediction-foreground", command.prediction_foreground, "predictions");
  iou->add_option("--threshold", options.threshold, "Read predictions as probabilities; foreground is above this")
      ->check(CLI::Range(0.0, 1.0));
  CLI::Option* best = iou->add_flag("--best-threshold", command.best_threshold,
                                    "Read predictions as probabilities; print the threshold of the highest mean IoU");
  CLI::Option* curve =
      iou->add_option("--pr-curve", command.curve,
                      "Read predictions as probabilities; print where precision and recall meet, counting as right "
                      "what is within so many pixels (3 if none are said); --csv: the curve, a line a threshold")
          ->expected(0, 1)
          ->default_str("3")
          ->check(CLI::Range(0, 100));
  curve->excludes(best);
  iou->add_option("--store", command.store, "Put that threshold into the metadata of this weights file")->needs(best);
  for (size_t m = 0; m < mask_metrics().size(); ++m) {
    const MaskMetric& metric = *mask_metrics()[m];
    std::optional<int>& value = command.metrics[m];
    if (metric.most > 0) {
      iou->add_option(metric.option, value, metric.help)->check(CLI::Range(0, metric.most));
    } else {
      iou->add_flag_callback(
          metric.option, [&value] { value = 0; }, metric.help);
    }
    best->excludes(metric.option);
    curve->excludes(metric.option);
  }
  iou->add_option("--truth-suffix", options.truth_suffix, "What follows the id in names of truths")
      ->capture_default_str();
  iou->add_option("--prediction-suffix", options.prediction_suffix, "What follows the id in names of predictions")
      ->capture_default_str();
  iou->add_option("--missing", command.missing,
                  "Tiles on one side only, and parts of a scene that no tile covers: fail, or skip them")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  for (const char* other : {"--csv", "--html", "--threshold"}) best->excludes(other);
  for (const char* other : {"--html", "--threshold", "--prediction-foreground"}) curve->excludes(other);
  iou->callback([shared] {
    shared->options.images = shared->page.images;
    shared->options.skip_missing = shared->missing == "skip";
    shared->options.foreground = parse_foreground(shared->foreground, "--foreground");
    shared->options.prediction_foreground = parse_foreground(shared->prediction_foreground, "--prediction-foreground");
    for (size_t m = 0; m < shared->metrics.size(); ++m) {
      if (shared->metrics[m]) shared->options.metrics.push_back({mask_metrics()[m], *shared->metrics[m]});
    }
    run(*shared);
  });
}

}  // namespace ppl::score
