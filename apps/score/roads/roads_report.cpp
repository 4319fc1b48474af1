#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/score/roads/roads.h"
#include "io/tables/csv.h"

namespace ppl::score {
namespace {

using Json = nlohmann::ordered_json;

const char* side_of(const RoadImage& image) { return image.scored() ? "both" : image.truth ? "truth" : "prediction"; }

std::vector<std::string> one_sided(const RoadsReport& report, bool truth) {
  std::vector<std::string> ids;
  for (const RoadImage& image : report.images) {
    if (!image.scored() && image.truth.has_value() == truth) ids.push_back(image.id);
  }
  return ids;
}

std::string named(const std::vector<std::string>& ids, const char* where) {
  if (ids.empty()) return "";
  std::string text = fmt::format("{} image{} only in the {}:", ids.size(), ids.size() == 1 ? "" : "s", where);
  for (size_t i = 0; i < std::min<size_t>(ids.size(), 5); ++i) text += (i > 0 ? ", " : " ") + ids[i];
  return text + (ids.size() > 5 ? ", ...\n" : "\n");
}

Json to_json(const Confusion& counts) {
  return {{"precision", counts.precision()},
          {"recall", counts.recall()},
          {"f1", counts.f1()},
          {"true_positive", counts.true_positive},
          {"false_positive", counts.false_positive},
          {"false_negative", counts.false_negative}};
}

Json to_json(const TopoFigures& topo) {
  if (topo.counts) return to_json(*topo.counts);
  return {{"precision", topo.precision}, {"recall", topo.recall}, {"f1", topo.f1}};
}

// Sat2Graph's rules have no such figure.
bool weighs_routes(const RoadsReport& report) { return report.metric != RoadMetric::sat2graph; }

int64_t undefined(const RoadsReport& report) {
  return std::count_if(report.images.begin(), report.images.end(),
                       [](const RoadImage& image) { return image.scored() && !image.has_apls; });
}

Json to_json(const RoadImage& image, const RoadsReport& report) {
  const bool with_topo = report.topo.has_value(), by_length = weighs_routes(report);
  Json json = {{"id", image.id}, {"in", side_of(image)}};
  if (!image.scored()) return json;
  const ImageApls& a = image.apls;
  json["pixel"] = {{"metres", image.scale.metres}, {"from", name_of(image.scale.origin)}};
  if (image.has_apls) {
    json["truth_to_prediction"] = a.truth_to_prediction;
    json["prediction_to_truth"] = a.prediction_to_truth;
    json["apls"] = a.score;
    if (by_length) json["apls_by_length"] = a.score_by_length;
  } else {
    json["apls"] = nullptr;
  }
  json["nodes"] = a.nodes;
  json["edges"] = a.edges;
  json["control_points"] = a.control_points;
  json["road_metres"] = a.length;
  if (with_topo && image.has_topo) json["topo"] = to_json(image.topo);
  if (report.junctions) json["junctions"] = to_json(image.junctions);
  return json;
}

}  // namespace

std::string roads_table(const RoadsReport& report) {
  const auto scored = std::count_if(report.images.begin(), report.images.end(), [](auto& i) { return i.scored(); });
  std::string text = fmt::format("{} image{}, {}\n", scored, scored == 1 ? "" : "s", report.scale);
  text += named(one_sided(report, true), "truth") + named(one_sided(report, false), "prediction");
  if (!report.bad_rows.empty()) {
    text += fmt::format("{} bad row{} left out\n", report.bad_rows.size(), report.bad_rows.size() == 1 ? "" : "s");
  }
  size_t width = 8;
  for (const RoadCity& city : report.cities) width = std::max(width, city.name.size());
  if (const int64_t n = undefined(report); n > 0) {
    text += fmt::format("{} image{} without a pair of control points, where this APLS is not defined\n", n,
                        n == 1 ? "" : "s");
  }
  text += fmt::format("{:<{}}  {:>6}  {:>8}\n", "city", width, "images", "APLS");
  for (const RoadCity& city : report.cities) {
    text += fmt::format("{:<{}}  {:>6}  {:8.6f}\n", city.name, width, city.images, city.score);
  }
  text += fmt::format("{:<{}}  {:>6}  {:8.6f}\n", "overall", width, "", report.overall);
  text += fmt::format("mean over images {:.6f}, weighted by metres of road {:.6f}", report.image_mean,
                      report.road_weighted);
  text += weighs_routes(report) ? fmt::format(", routes weighted by length {:.6f}\n", report.by_length) : "\n";
  if (report.topo) {
    text += fmt::format("TOPO precision {:.6f}, recall {:.6f}, F1 {:.6f}\n", report.topo->precision,
                        report.topo->recall, report.topo->f1);
  }
  if (report.junctions) {
    text += fmt::format("junctions: precision {:.6f}, recall {:.6f}, F1 {:.6f}\n", report.junctions->precision(),
                        report.junctions->recall(), report.junctions->f1());
  }
  return text;
}

std::string roads_json(const RoadsReport& report) {
  Json json = {{"metric", "apls"},
               {"apls", report.overall},
               {"image_mean", report.image_mean},
               {"road_weighted", report.road_weighted}};
  if (weighs_routes(report)) json["by_length"] = report.by_length;
  json["scale"] = report.scale;
  if (report.topo) json["topo"] = to_json(*report.topo);
  if (report.junctions) json["junctions"] = to_json(*report.junctions);
  json["cities"] = Json::array();
  for (const RoadCity& city : report.cities) {
    json["cities"].push_back({{"city", city.name}, {"apls", city.score}, {"images", city.images}});
  }
  json["images"] = Json::array();
  for (const RoadImage& image : report.images) json["images"].push_back(to_json(image, report));
  json["only_truth"] = one_sided(report, true);
  json["only_prediction"] = one_sided(report, false);
  json["bad_rows"] = report.bad_rows;
  // Ids need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string roads_csv(const RoadsReport& report) {
  std::string text =
      "id,in,apls,truth_to_prediction,prediction_to_truth,apls_by_length,truth_nodes,prediction_nodes,truth_edges,"
      "prediction_edges,truth_control_points,prediction_control_points,truth_metres,prediction_metres";
  if (report.topo) text += ",topo_precision,topo_recall,topo_f1";
  text += report.junctions ? ",junction_precision,junction_recall,junction_f1\n" : "\n";
  for (const RoadImage& image : report.images) {
    const ImageApls& a = image.apls;
    text += fmt::format("{},{}", csv_field(image.id), side_of(image));
    if (!image.scored()) {
      text += std::string(12 + (report.topo ? 3 : 0) + (report.junctions ? 3 : 0), ',') + "\n";
      continue;
    }
    text += image.has_apls ? fmt::format(",{},{},{},{}", a.score, a.truth_to_prediction, a.prediction_to_truth,
                                         weighs_routes(report) ? fmt::format("{}", a.score_by_length) : "")
                           : std::string(",,,,");
    text += fmt::format(",{},{},{},{},{},{},{:.1f},{:.1f}", a.nodes[0], a.nodes[1], a.edges[0], a.edges[1],
                        a.control_points[0], a.control_points[1], a.length[0], a.length[1]);
    if (report.topo) {
      text += fmt::format(",{:.6f},{:.6f},{:.6f}", image.topo.precision, image.topo.recall, image.topo.f1);
    }
    if (report.junctions) {
      const Confusion& c = image.junctions;
      text += fmt::format(",{:.6f},{:.6f},{:.6f}", c.precision(), c.recall(), c.f1());
    }
    text += "\n";
  }
  return text;
}

}  // namespace ppl::score
