#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/score/iou.h"

namespace ppl::score {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const IouFigures& f) {
  return {{"mean_iou", f.mean_iou},
          {"global_iou", f.global_iou},
          {"precision", f.precision},
          {"recall", f.recall},
          {"f1", f.f1}};
}

std::string row(const std::string& name, const IouFigures& f) {
  return fmt::format("{:<8}  {:8.4f}  {:10.4f}  {:9.4f}  {:6.4f}  {:6.4f}\n", name, f.mean_iou, f.global_iou,
                     f.precision, f.recall, f.f1);
}

// Names with a comma or a quote are legal file names.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string iou_table(const IouReport& report) {
  const size_t classes = report.tiles.front().counts.size();
  std::string text = fmt::format("{} tile{}\n", report.tiles.size(), report.tiles.size() == 1 ? "" : "s");
  text += fmt::format("{:<8}  {:>8}  {:>10}  {:>9}  {:>6}  {:>6}\n", classes > 1 ? "class" : "", "mean IoU",
                      "global IoU", "precision", "recall", "F1");
  for (size_t k = 0; k < classes && classes > 1; ++k) text += row(std::to_string(k + 1), figures(report, k));
  return text + row(classes > 1 ? "mean" : "all", averages(report));
}

std::string iou_json(const IouReport& report) {
  Json json = {{"metric", "iou"}, {"tiles", report.tiles.size()}};
  json.update(to_json(averages(report)));
  json["classes"] = Json::array();
  for (size_t k = 0; k < report.tiles.front().counts.size(); ++k) {
    Json entry = {{"class", k + 1}};
    entry.update(to_json(figures(report, k)));
    json["classes"].push_back(entry);
  }
  json["only_truth"] = report.only_truth;
  json["only_prediction"] = report.only_prediction;
  // File names need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string iou_csv(const IouReport& report) {
  std::string text = "id,class,iou,precision,recall,f1,true_positive,false_positive,false_negative\n";
  for (const TileIou& tile : report.tiles) {
    for (size_t k = 0; k < tile.counts.size(); ++k) {
      const Confusion& c = tile.counts[k];
      text += fmt::format("{},{},{:.6f},{:.6f},{:.6f},{:.6f},{},{},{}\n", csv_field(tile.id), k + 1, c.iou(),
                          c.precision(), c.recall(), c.f1(), c.true_positive, c.false_positive, c.false_negative);
    }
  }
  return text;
}

}  // namespace ppl::score
