#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/score/masks/iou.h"
#include "io/tables/csv.h"

namespace ppl::score {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const IouReport& report, const std::vector<Figure>& figures) {
  Json json;
  for (const Figure& f : figures) {
    const FigureGroup& group = report.list.groups[f.group];
    if (group.key.empty()) {
      json[f.key] = f.value;
      continue;
    }
    if (!json.contains(group.key)) json[group.key] = Json::object();
    if (!group.parameter.empty()) json[group.key][group.parameter] = group.value;
    json[group.key][f.key] = f.value;
  }
  return json;
}

int width_of(const Figure& f) { return static_cast<int>(std::max<size_t>(f.label.size(), 6)); }

std::string row(const std::string& name, const std::vector<Figure>& figures) {
  std::string text = fmt::format("{:<8}", name);
  for (const Figure& f : figures) {
    if (f.group == 0) text += fmt::format("  {:{}.4f}", f.value, width_of(f));
  }
  return text + "\n";
}

std::string heading(const std::string& name, const std::vector<Figure>& figures) {
  std::string text = fmt::format("{:<8}", name);
  for (const Figure& f : figures) {
    if (f.group == 0) text += fmt::format("  {:>{}}", f.label, width_of(f));
  }
  return text + "\n";
}

// What stands below the table: a line a class for each further group.
std::string further_lines(const IouReport& report, size_t class_index, bool named) {
  std::string text;
  for (size_t g = 1; g < report.list.groups.size(); ++g) {
    std::string line =
        named ? fmt::format("class {}, {}", class_index + 1, report.list.groups[g].title) : report.list.groups[g].title;
    const char* between = ": ";
    for (const Figure& f : figures(report, class_index)) {
      if (f.group != g) continue;
      line += fmt::format("{}{} {:.4f}", std::exchange(between, ", "), f.label, f.value);
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string iou_table(const IouReport& report) {
  const size_t classes = report.tiles.front().counts.size();
  const std::vector<Figure> mean = averages(report);
  std::string text = fmt::format("{} tile{}\n", report.tiles.size(), report.tiles.size() == 1 ? "" : "s");
  text += heading(classes > 1 ? "class" : "", mean);
  for (size_t k = 0; k < classes && classes > 1; ++k) text += row(std::to_string(k + 1), figures(report, k));
  text += row(classes > 1 ? "mean" : "all", mean);
  for (size_t k = 0; k < classes; ++k) text += further_lines(report, k, classes > 1);
  return text;
}

std::string iou_json(const IouReport& report) {
  Json json = {{"metric", "iou"}, {"tiles", report.tiles.size()}};
  json.update(to_json(report, averages(report)));
  json["classes"] = Json::array();
  for (size_t k = 0; k < report.tiles.front().counts.size(); ++k) {
    Json entry = {{"class", k + 1}};
    entry.update(to_json(report, figures(report, k)));
    json["classes"].push_back(entry);
  }
  json["only_truth"] = report.only_truth;
  json["only_prediction"] = report.only_prediction;
  if (!report.uncovered.empty()) json["uncovered"] = report.uncovered;
  // File names need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string iou_csv(const IouReport& report) {
  const auto is_further = [](const MaskFigure& f) { return f.group > 0; };
  std::string names = "id,class", further;
  for (const MaskFigure& f : report.list.figures) {
    if (is_further(f)) {
      further += "," + report.list.groups[f.group].key + "_" + f.key;
    } else {
      names += "," + f.key;
    }
  }
  std::string text = names + ",true_positive,false_positive,false_negative" + further + "\n";
  for (const TileIou& tile : report.tiles) {
    for (size_t k = 0; k < tile.counts.size(); ++k) {
      std::string first, last;
      for (const MaskFigure& f : report.list.figures) {
        (is_further(f) ? last : first) += fmt::format(",{:.6f}", f.of(tile.counts[k]));
      }
      const Confusion& c = tile.counts[k].pixels;
      text += fmt::format("{},{}{},{},{},{}{}\n", csv_field(tile.id), k + 1, first, c.true_positive, c.false_positive,
                          c.false_negative, last);
    }
  }
  return text;
}

}  // namespace ppl::score
