#include "io/maps/ogr/classes.h"

#include <cpl_string.h>

#include <algorithm>
#include <set>

#include "kernels/base.h"

namespace ppl {
namespace {

using Trust = ClassRule::Trust;

const std::set<std::string>& known_kinds(MapTheme theme) {
  static const std::set<std::string> roads{
      "motorway",     "motorway_link",  "trunk",         "trunk_link",  "primary",  "primary_link", "secondary",
      "tertiary",     "secondary_link", "tertiary_link", "residential", "service",  "unclassified", "living_street",
      "pedestrian",   "track",          "bus_guideway",  "busway",      "raceway",  "escape",       "road",
      "footway",      "bridleway",      "steps",         "corridor",    "path",     "cycleway",     "via_ferrata",
      "construction", "proposed",       "planned",       "sidewalk",    "crosswalk"};
  // Without those that land use goes by too: residential, commercial, industrial, retail, farm.
  static const std::set<std::string> buildings{
      "building",      "buildings",  "house",    "detached",       "semidetached_house",
      "terrace",       "apartments", "bungalow", "cabin",          "hut",
      "garage",        "garages",    "carport",  "shed",           "barn",
      "greenhouse",    "church",     "mosque",   "temple",         "school",
      "hospital",      "warehouse",  "office",   "hotel",          "roof",
      "hangar",        "dormitory",  "kiosk",    "farm_auxiliary", "houseboat",
      "static_caravan"};
  return theme == MapTheme::roads ? roads : buildings;
}

// Values by which railways, waterways and land use go, and no road or building.
bool is_other_thing(const std::string& kind) {
  static const std::set<std::string> things{
      "rail",    "light_rail", "tram",     "subway",   "narrow_gauge", "monorail", "funicular", "preserved",
      "river",   "stream",     "canal",    "drain",    "ditch",        "dock",     "riverbank", "forest",
      "wood",    "water",      "grass",    "meadow",   "scrub",        "farmland", "park",      "heath",
      "wetland", "orchard",    "vineyard", "cemetery", "beach",        "quarry",   "glacier"};
  return things.contains(kind);
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// Geofabrik tells tracks apart by their grade.
std::string plain_kind(std::string kind) { return kind.starts_with("track_grade") ? "track" : kind; }

// A text in quotes that begins at `at`, which moves behind it.
std::optional<std::string> take_quoted(std::string_view text, size_t& at) {
  at = text.find('"', at);
  if (at == std::string_view::npos) return {};
  std::string out;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return ++at, out;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    out += text[at];
  }
  return {};
}

}  // namespace

std::string tag_in(std::string_view tags, std::string_view key) {
  for (size_t at = 0; at < tags.size();) {
    const std::optional<std::string> name = take_quoted(tags, at);
    if (!name) return "";
    const size_t next = tags.find_first_not_of(" =>:", at);
    if (next == std::string_view::npos) return "";
    if (tags[next] != '"') {  // a number or null of JSON
      const size_t end = std::min(tags.find_first_of(",}", next), tags.size());
      if (*name == key) return std::string(first_value(tags.substr(next, end - next)));
      at = end;
      continue;
    }
    const std::optional<std::string> value = take_quoted(tags, at);
    if (!value) return "";
    if (*name == key) return *value;
  }
  return "";
}

LayerClasses::LayerClasses(OGRLayer& layer, MapTheme theme, const OgrFields& named, const std::string& where)
    : layer_(&layer), definition_(layer.GetLayerDefn()), theme_(theme), named_(named), where_(where) {
  for (const std::string& name : {named.kind, named.lanes, named.width}) {
    PPL_CHECK(name.empty() || has(name), where, ": has no attribute '", name, "'; it has ", attributes());
  }
  for (const char* name : {"other_tags", "all_tags", "tags"}) {
    const int index = definition_->GetFieldIndex(name);
    if (index >= 0 && definition_->GetFieldDefn(index)->GetType() == OFTString) tags_ = index;
  }
  ignore_other_attributes();
}

// What nobody asks for is not read.
void LayerClasses::ignore_other_attributes() {
  static const std::set<std::string> used{
      "highway", "building", "fclass",   "class",          "subtype", "type",       "lanes",      "width",
      "tunnel",  "area",     "location", "is_underground", "tags",    "road_flags", "other_tags", "all_tags"};
  if (!layer_->TestCapability(OLCIgnoreFields)) return;
  CPLStringList ignored;
  for (int i = 0; i < definition_->GetFieldCount(); ++i) {
    const std::string name = definition_->GetFieldDefn(i)->GetNameRef();
    const bool is_named = EQUAL(name.c_str(), named_.kind.c_str()) || EQUAL(name.c_str(), named_.lanes.c_str()) ||
                          EQUAL(name.c_str(), named_.width.c_str());
    if (!is_named && !used.contains(lower(name))) ignored.AddString(name.c_str());
  }
  layer_->SetIgnoredFields(const_cast<const char**>(ignored.List()));
}

std::string LayerClasses::checked_text(const OGRFeature& feature, int field) const {
  constexpr size_t kLargest = 1 << 20;
  std::string text = text_of(feature, field);
  PPL_CHECK(text.size() <= kLargest, where_, ": feature ", feature.GetFID(), ": '",
            definition_->GetFieldDefn(field)->GetNameRef(), "' has ", text.size(), " bytes; expected at most ",
            kLargest);
  return text;
}

std::string LayerClasses::attributes() const {
  constexpr int kNamed = 20;
  std::string names;
  const int count = definition_->GetFieldCount();
  for (int i = 0; i < std::min(count, kNamed); ++i) {
    names += (i > 0 ? ", " : "") + std::string(definition_->GetFieldDefn(i)->GetNameRef());
  }
  return count == 0 ? "none" : names + (count > kNamed ? ", ..." : "");
}

std::vector<ClassRule> LayerClasses::road_rules() const {
  std::vector<ClassRule> rules;
  if (has("highway")) rules.push_back({Trust::osm, {"highway"}, "", "", false, false});
  if (has("fclass")) rules.push_back({Trust::known, {"fclass"}, "", "", true, true});
  if (has("class")) {
    const bool overture = has("subtype");
    if (overture) rules.push_back({Trust::known, {"class"}, "subtype", "road", true, false});
    rules.push_back({Trust::known, {"class"}, "", "", true, overture});
  }
  for (const char* key : {"subtype", "type"}) {
    if (has(key)) rules.push_back({Trust::known, {key}, "", "", true, false});
  }
  if (tags_ >= 0 && !has("highway")) rules.push_back({Trust::known, {"highway"}, "", "", false, false});
  return rules;
}

std::vector<ClassRule> LayerClasses::building_rules() const {
  std::vector<ClassRule> rules;
  if (has("building")) rules.push_back({Trust::osm, {"building"}, "", "", false, false});
  if (has("fclass")) rules.push_back({Trust::known, {"type", "fclass"}, "fclass", "building", false, true});
  std::vector<std::string> kinds;
  for (const char* key : {"class", "subtype", "type"}) {
    if (has(key)) kinds.push_back(key);
  }
  if (!kinds.empty()) {
    // Only Overture's buildings have these; BBBike's layers are told apart by their names.
    bool of_buildings = lower(layer_->GetName()).find("building") != std::string::npos;
    for (const char* key : {"has_parts", "num_floors", "roof_shape", "facade_material"}) of_buildings |= has(key);
    rules.push_back(
        {of_buildings ? Trust::anything : Trust::known, kinds, "", "", false, has("class") && has("subtype")});
  }
  if (tags_ >= 0 && !has("building")) rules.push_back({Trust::osm, {"building"}, "", "", false, false});
  return rules;
}

std::vector<ClassRule> LayerClasses::rules() const {
  if (!named_.kind.empty()) return {{Trust::osm, {named_.kind}, "", "", false, false}};
  std::vector<ClassRule> rules = theme_ == MapTheme::roads ? road_rules() : building_rules();
  if (only_polygons(*layer_)) std::erase_if(rules, [](const ClassRule& rule) { return rule.lines_only; });
  return rules;
}

LayerClasses::Fit LayerClasses::fit_of(const ClassRule& rule) {
  const bool by_attribute = std::any_of(rule.keys.begin(), rule.keys.end(), [&](const auto& key) { return has(key); });
  if (by_attribute && (rule.trust == Trust::osm || rule.trust == Trust::anything)) return Fit::known;
  Fit fit = rule.decides ? Fit::other : Fit::none;
  layer_->ResetReading();
  for (const auto& feature : *layer_) {
    bool known = false;
    const std::string text = kind(*feature, rule, known);
    if (!text.empty() && known) return Fit::known;
    if (is_other_thing(text)) fit = Fit::other;
  }
  return fit;
}

ClassRule LayerClasses::find_rule() {
  for (const ClassRule& rule : rules()) {
    if (fit_of(rule) != Fit::none) return rule;
  }
  return {};
}

std::string LayerClasses::value(const OGRFeature& feature, const std::string& key) const {
  const std::string& named = key == "lanes" && !named_.lanes.empty()   ? named_.lanes
                             : key == "width" && !named_.width.empty() ? named_.width
                                                                       : key;
  std::string text = checked_text(feature, definition_->GetFieldIndex(named.c_str()));
  if (!text.empty()) return text;
  if (tags_ >= 0) text = tag_in(checked_text(feature, tags_), key);
  if (text.empty() && key == "tunnel") {  // Overture's, where the whole of the segment is one
    const std::string flags = checked_text(feature, definition_->GetFieldIndex("road_flags"));
    if (flags.find("is_tunnel") != std::string::npos && flags.find("\"between\": [") == std::string::npos &&
        flags.find("\"between\":[") == std::string::npos) {
      return "yes";
    }
  }
  return text;
}

bool LayerClasses::cut_tags(const OGRFeature& feature) const {
  const std::string text = tags_ >= 0 ? text_of(feature, tags_) : "";
  return text.size() >= 250 && text.size() <= 255 && text.back() != '"' && text.back() != '}';
}

std::string LayerClasses::kind(const OGRFeature& feature, const ClassRule& rule, bool& known) const {
  known = rule.trust != Trust::known;
  if (!rule.guard.empty() && value(feature, rule.guard) != rule.guarded) return "";
  for (const std::string& key : rule.keys) {
    const std::string text = value(feature, key);
    const std::string_view first = first_value(text);
    if (first.empty()) continue;
    std::string kind = plain_kind(std::string(first));
    // Behind a guard, what a building is called does not matter.
    known |= known_kinds(theme_).contains(kind) || (theme_ == MapTheme::buildings && !rule.guard.empty());
    return kind;
  }
  return "";
}

}  // namespace ppl
