#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/score/masks/iou.h"
#include "io/tables/csv.h"

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

// What stands below the table: a line a class for each further score.
std::string edge_lines(const IouReport& report, size_t classes) {
  std::string text;
  for (size_t k = 0; k < classes; ++k) {
    const std::string name = classes > 1 ? fmt::format("class {}, ", k + 1) : "";
    if (report.buffer) {
      const RelaxedCounts c = relaxed_total(report, k);
      text += fmt::format("{}within {} px: precision {:.4f}, recall {:.4f}, F1 {:.4f}\n", name, *report.buffer,
                          c.precision(), c.recall(), c.f1());
    }
    if (report.boundary) {
      const BoundaryFigures f = boundary_figures(report, k);
      const std::string width = *report.boundary > 0 ? fmt::format("{} px", *report.boundary) : "2 % of the diagonal";
      text += fmt::format("{}boundary IoU ({}): mean {:.4f}, global {:.4f}\n", name, width, f.mean_iou, f.global_iou);
    }
  }
  return text;
}

void add_edges(Json& entry, const IouReport& report, size_t class_index) {
  if (report.buffer) {
    const RelaxedCounts c = relaxed_total(report, class_index);
    entry["relaxed"] = {
        {"buffer", *report.buffer}, {"precision", c.precision()}, {"recall", c.recall()}, {"f1", c.f1()}};
  }
  if (report.boundary) {
    const BoundaryFigures f = boundary_figures(report, class_index);
    entry["boundary"] = {{"distance", *report.boundary}, {"mean_iou", f.mean_iou}, {"global_iou", f.global_iou}};
  }
}

}  // namespace

std::string iou_table(const IouReport& report) {
  const size_t classes = report.tiles.front().counts.size();
  std::string text = fmt::format("{} tile{}\n", report.tiles.size(), report.tiles.size() == 1 ? "" : "s");
  text += fmt::format("{:<8}  {:>8}  {:>10}  {:>9}  {:>6}  {:>6}\n", classes > 1 ? "class" : "", "mean IoU",
                      "global IoU", "precision", "recall", "F1");
  for (size_t k = 0; k < classes && classes > 1; ++k) text += row(std::to_string(k + 1), figures(report, k));
  return text + row(classes > 1 ? "mean" : "all", averages(report)) + edge_lines(report, classes);
}

std::string iou_json(const IouReport& report) {
  Json json = {{"metric", "iou"}, {"tiles", report.tiles.size()}};
  json.update(to_json(averages(report)));
  json["classes"] = Json::array();
  for (size_t k = 0; k < report.tiles.front().counts.size(); ++k) {
    Json entry = {{"class", k + 1}};
    entry.update(to_json(figures(report, k)));
    add_edges(entry, report, k);
    json["classes"].push_back(entry);
  }
  json["only_truth"] = report.only_truth;
  json["only_prediction"] = report.only_prediction;
  // File names need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string iou_csv(const IouReport& report) {
  std::string text = "id,class,iou,precision,recall,f1,true_positive,false_positive,false_negative";
  if (report.buffer) text += ",relaxed_precision,relaxed_recall,relaxed_f1";
  if (report.boundary) text += ",boundary_iou";
  text += '\n';
  for (const TileIou& tile : report.tiles) {
    for (size_t k = 0; k < tile.counts.size(); ++k) {
      const Confusion& c = tile.counts[k];
      text += fmt::format("{},{},{:.6f},{:.6f},{:.6f},{:.6f},{},{},{}", csv_field(tile.id), k + 1, c.iou(),
                          c.precision(), c.recall(), c.f1(), c.true_positive, c.false_positive, c.false_negative);
      if (report.buffer) {
        const RelaxedCounts& relaxed = tile.relaxed[k];
        text += fmt::format(",{:.6f},{:.6f},{:.6f}", relaxed.precision(), relaxed.recall(), relaxed.f1());
      }
      if (report.boundary) text += fmt::format(",{:.6f}", tile.boundary[k].iou());
      text += '\n';
    }
  }
  return text;
}

}  // namespace ppl::score
