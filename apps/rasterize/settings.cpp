#include "apps/rasterize/settings.h"

#include <nlohmann/json.hpp>

#include "apps/rasterize/words.h"
#include "io/maps/feature_rules.h"

namespace ppl::rasterize {

bool Settings::wants(const std::string& kind) const {
  if (!classes.empty()) return classes.contains(kind);
  if (nothing_there(kind)) return false;
  return theme == MapTheme::buildings || style == Style::published || widths.draws(kind);
}

int Settings::number_of(const std::string& kind) const {
  return values == Values::binary || theme == MapTheme::buildings ? 1 : widths.number_of(kind);
}

std::string Settings::fingerprint() const {
  nlohmann::ordered_json json = {{"theme", apps::word_of(kThemes, theme)},
                                 {"style", apps::word_of(kStyles, style)},
                                 {"values", apps::word_of(kValues, values)},
                                 {"format", apps::word_of(kFormats, format)},
                                 {"tunnels", tunnels}};
  if (!classes.empty()) json["classes"] = classes;
  if (min_area > 0) json["min_area"] = min_area;
  if (no_data != NoData::keep) json["no_data"] = apps::word_of(kNoDataRules, no_data);
  if (no_data == NoData::skip) json["max_no_data"] = max_no_data;
  if (theme == MapTheme::buildings) {
    if (boundary > 0) json["boundary"] = boundary;
    if (contact > 0) json["contact"] = contact;
    return json.dump();
  }
  if (distance > 0) json["distance"] = distance;
  if (style == Style::published) {
    json["lane_pixels"] = lane_pixels;
  } else if (buffer) {
    json["buffer"] = *buffer;
  }
  if ((style == Style::metric && !buffer) || values == Values::classes) {
    json["widths"] = nlohmann::ordered_json::parse(widths.json());
  }
  return json.dump();
}

}  // namespace ppl::rasterize
