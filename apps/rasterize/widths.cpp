#include "apps/rasterize/widths.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/json_text.h"
#include "kernels/base.h"

namespace ppl::rasterize {
namespace {

using Json = nlohmann::ordered_json;

double positive(const Json& json, const char* key, const std::string& where) {
  PPL_CHECK(json.contains(key) && json[key].is_number(), where, ": expected a number as '", key, "'");
  const double value = json[key].get<double>();
  PPL_CHECK(value > 0 && value <= 200, where, ": expected more than 0 and at most 200 metres as '", key, "', got ",
            value);
  return value;
}

void only_keys(const Json& json, const std::vector<std::string>& allowed, const std::string& where) {
  PPL_CHECK(json.is_object(), where, ": expected an object");
  for (const auto& [key, value] : json.items()) {
    PPL_CHECK(std::find(allowed.begin(), allowed.end(), key) != allowed.end(), where, ": unknown key '",
              key.substr(0, 40), "'");
  }
}

}  // namespace

WidthTable WidthTable::standard() {
  WidthTable table;
  table.classes = {{"motorway", {11, 1}},       {"motorway_link", {6, 1}},  {"trunk", {9, 2}},
                   {"trunk_link", {6, 2}},      {"primary", {8, 3}},        {"primary_link", {6, 3}},
                   {"secondary", {7, 4}},       {"secondary_link", {6, 4}}, {"tertiary", {6.5, 5}},
                   {"tertiary_link", {5.5, 5}}, {"unclassified", {5.5, 6}}, {"residential", {6, 6}},
                   {"living_street", {5, 6}},   {"road", {6, 6}},           {"pedestrian", {5, 6}},
                   {"service", {4, 7}},         {"busway", {4, 7}},         {"track", {3, 8}}};
  return table;
}

WidthTable WidthTable::parse(const std::string& text, const std::string& where) {
  Json json;
  try {
    json = parse_json<Json>(text, where);
  } catch (const Error& e) {
    throw Error(cat(e.what(), "; expected a JSON table of widths, as --print-widths prints it"));
  }
  only_keys(json, {"lane_width", "other_width", "classes"}, where);
  WidthTable table;
  table.lane_width = positive(json, "lane_width", where);
  table.other_width = positive(json, "other_width", where);
  PPL_CHECK(json.contains("classes") && json["classes"].is_object() && !json["classes"].empty(), where,
            ": expected an object of classes as 'classes'");
  for (const auto& [name, entry] : json["classes"].items()) {
    const std::string place = cat(where, ", class '", name.substr(0, 40), "'");
    only_keys(entry, {"width", "class"}, place);
    RoadClass road{positive(entry, "width", place), 1};
    if (entry.contains("class")) {
      PPL_CHECK(entry["class"].is_number_integer(), place, ": expected a whole number as 'class'");
      const auto number = entry["class"].get<int64_t>();
      PPL_CHECK(number >= 1 && number <= 254, place, ": expected 1 to 254 as 'class', got ", number);
      road.number = static_cast<int>(number);
    }
    table.classes.emplace(name, road);
  }
  return table;
}

std::string WidthTable::json() const {
  Json json = {{"lane_width", lane_width}, {"other_width", other_width}, {"classes", Json::object()}};
  for (const auto& [name, road] : classes) json["classes"][name] = {{"width", road.width}, {"class", road.number}};
  return json.dump(2) + "\n";
}

int WidthTable::highest_number() const {
  int highest = 1;
  for (const auto& [name, road] : classes) highest = std::max(highest, road.number);
  return highest;
}

int WidthTable::number_of(const std::string& kind) const {
  const auto known = classes.find(kind);
  return known == classes.end() ? highest_number() : known->second.number;
}

double WidthTable::width_of(const FeatureTraits& road) const {
  if (road.width > 0) return road.width;
  if (road.lanes > 0) return road.lanes * lane_width;
  const auto known = classes.find(road.kind);
  return known == classes.end() ? other_width : known->second.width;
}

int published_thickness(const FeatureTraits& road, double lane_pixels) {
  const auto one_of = [&](std::initializer_list<const char*> kinds) {
    return std::find(kinds.begin(), kinds.end(), road.kind) != kinds.end();
  };
  double lanes = 1;
  if (one_of({"motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
              "secondary_link", "tertiary", "tertiary_link"})) {
    lanes = 1.5;
  } else if (one_of({"track", "living_street"})) {
    lanes = 0.5;
  }
  if (road.lanes > 0) lanes = road.lanes;
  return static_cast<int>(std::min(lane_pixels * lanes, 32767.0));
}

}  // namespace ppl::rasterize
