#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/score/buildings/outlines.h"
#include "io/tables/csv.h"

namespace ppl::score {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const BuildingCounts& c) {
  return {{"true_positive", c.true_positive},
          {"false_positive", c.false_positive},
          {"false_negative", c.false_negative},
          {"precision", c.precision()},
          {"recall", c.recall()},
          {"f1", c.f1()}};
}

Json entry(const char* key, const std::string& name, const BuildingCounts& counts) {
  Json json = {{key, name}};
  json.update(to_json(counts));
  return json;
}

std::string row(const std::string& name, size_t width, int64_t images, const BuildingCounts& c) {
  return fmt::format("{:<{}}  {:>6}  {:>6}  {:>6}  {:>6}  {:9.4f}  {:6.4f}  {:6.4f}\n", name, width, images,
                     c.true_positive, c.false_positive, c.false_negative, c.precision(), c.recall(), c.f1());
}

}  // namespace

std::string buildings_table(const BuildingsReport& report) {
  size_t width = 4;
  for (const auto& area : report.areas) width = std::max(width, area.name.size());
  std::string text = fmt::format("{:<{}}  {:>6}  {:>6}  {:>6}  {:>6}  {:>9}  {:>6}  {:>6}\n", "area", width, "images",
                                 "TP", "FP", "FN", "precision", "recall", "F1");
  for (const auto& area : report.areas) text += row(area.name, width, area.images, area.counts);
  text += row("all", width, static_cast<int64_t>(report.images.size()), report.total);
  return report.outlines ? text + outlines_text(*report.outlines) : text;
}

std::string buildings_json(const BuildingsReport& report) {
  Json json = {{"metric", "buildings"}, {"images", report.images.size()}};
  json.update(to_json(report.total));
  for (const char* list : {"areas", "per_image"}) json[list] = Json::array();
  for (const auto& area : report.areas) json["areas"].push_back(entry("area", area.name, area.counts));
  for (const auto& image : report.images) json["per_image"].push_back(entry("id", image.pair.id, image.counts));
  if (report.outlines) json["outlines"] = Json::parse(outlines_json(*report.outlines));
  json["smaller"] = {{"truth", report.small_truth}, {"prediction", report.small_prediction}};
  json["repaired"] = report.repaired;
  json["only_truth"] = report.only_truth;
  json["only_prediction"] = report.only_prediction;
  // Names need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string buildings_csv(const BuildingsReport& report) {
  std::string text = "id,true_positive,false_positive,false_negative,precision,recall,f1\n";
  for (const BuildingScore& image : report.images) {
    const BuildingCounts& c = image.counts;
    text += fmt::format("{},{},{},{},{:.6f},{:.6f},{:.6f}\n", csv_field(image.pair.id), c.true_positive,
                        c.false_positive, c.false_negative, c.precision(), c.recall(), c.f1());
  }
  return text;
}

std::string buildings_iou_csv(const BuildingsReport& report) {
  std::string text = "ImageId,BuildingId,iou,matched\n";
  for (const BuildingScore& image : report.images) {
    for (const BuildingScore::TrueBuilding& b : image.buildings) {
      text += fmt::format("{},{},{:.9f},{}\n", csv_field(image.pair.id), csv_field(b.id), b.iou, b.matched ? 1 : 0);
    }
  }
  return text;
}

}  // namespace ppl::score
