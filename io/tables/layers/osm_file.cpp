#include "io/tables/layers/osm_file.h"

#include <cmath>
#include <cstdio>
#include <map>

#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr double kDigits = 1e7;  // OSM's places are whole numbers of 1e-7 degrees

std::string degrees(int64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7f", static_cast<double>(value) / kDigits);
  return text;
}

class OsmText {
 public:
  OsmText(const VectorLayer& layer, const std::string& where)
      : layer_(layer), where_(where), to_degrees_(crs_from_text(layer.crs, where), crs_of_epsg(4326)) {}

  std::string make() {
    for (const VectorFeature& feature : layer_.features) {
      if (!feature.line.empty()) add_way(nodes_of(feature.line, false), tags("highway", "road", feature));
      if (!feature.polygon.outer.empty()) add_building(feature);
    }
    return cat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<osm version=\"0.6\" generator=\"pplinknet\">\n",
               nodes_text_, ways_text_, relations_text_, "</osm>\n");
  }

 private:
  using Nodes = std::vector<int64_t>;

  int64_t node_at(Point degrees_of) {
    PPL_CHECK(std::isfinite(degrees_of.x) && std::isfinite(degrees_of.y), where_, ": a place is not on the earth");
    const std::pair<int64_t, int64_t> key{std::llround(degrees_of.x * kDigits), std::llround(degrees_of.y * kDigits)};
    const auto [it, fresh] = nodes_.try_emplace(key, -static_cast<int64_t>(nodes_.size()) - 1);
    if (fresh)
      nodes_text_ += cat("  <node id=\"", it->second, "\" visible=\"true\" lat=\"", degrees(key.second), "\" lon=\"",
                         degrees(key.first), "\"/>\n");
    return it->second;
  }

  // Neighbours that are one node come once.
  Nodes nodes_of(Line line, bool closed) {
    to_degrees_.apply(line);
    Nodes nodes;
    for (const Point p : line) {
      const int64_t node = node_at(p);
      if (nodes.empty() || nodes.back() != node) nodes.push_back(node);
    }
    if (closed && nodes.size() > 1 && nodes.front() != nodes.back()) nodes.push_back(nodes.front());
    return nodes;
  }

  static std::string tag(const std::string& key, const std::string& value) {
    return cat("    <tag k=\"", key, "\" v=\"", value, "\"/>\n");
  }

  std::string tags(const char* key, const char* value, const VectorFeature& feature) const {
    std::string text = tag(key, value) + tag("source", "pplinknet");
    for (size_t k = 0; k < feature.values.size(); ++k) {
      if (layer_.fields[k] != "width_m" || std::isnan(feature.values[k])) continue;
      char width[32];
      std::snprintf(width, sizeof width, "%.1f", feature.values[k]);
      text += tag("est_width", width);
    }
    return text;
  }

  // Returns its id; 0 where it has no extent in OSM's digits.
  int64_t add_way(const Nodes& nodes, const std::string& tags_of, size_t least = 2) {
    if (nodes.size() < least) return 0;
    const int64_t id = -(++ways_);
    ways_text_ += cat("  <way id=\"", id, "\" visible=\"true\">\n");
    for (const int64_t node : nodes) ways_text_ += cat("    <nd ref=\"", node, "\"/>\n");
    ways_text_ += tags_of + "  </way>\n";
    return id;
  }

  void add_building(const VectorFeature& feature) {
    constexpr size_t kRing = 4;
    const std::string tags_of = tags("building", "yes", feature);
    if (feature.polygon.holes.empty()) {
      add_way(nodes_of(feature.polygon.outer, true), tags_of, kRing);
      return;
    }
    const int64_t outer = add_way(nodes_of(feature.polygon.outer, true), "", kRing);
    if (outer == 0) return;
    std::string members = cat("    <member type=\"way\" ref=\"", outer, "\" role=\"outer\"/>\n");
    for (const Line& hole : feature.polygon.holes) {
      if (const int64_t inner = add_way(nodes_of(hole, true), "", kRing); inner != 0)
        members += cat("    <member type=\"way\" ref=\"", inner, "\" role=\"inner\"/>\n");
    }
    relations_text_ += cat("  <relation id=\"", -(++relations_), "\" visible=\"true\">\n", members,
                           tag("type", "multipolygon"), tags_of, "  </relation>\n");
  }

  const VectorLayer& layer_;
  const std::string& where_;
  Projection to_degrees_;
  std::map<std::pair<int64_t, int64_t>, int64_t> nodes_;
  int64_t ways_ = 0, relations_ = 0;
  std::string nodes_text_, ways_text_, relations_text_;
};

}  // namespace

std::string osm_of(const VectorLayer& layer, const std::string& where) {
  PPL_CHECK(!layer.crs.empty(), where,
            ": OSM's places are on the earth, and the masks do not say where they lie; --images names images that do");
  return OsmText(layer, where).make();
}

}  // namespace ppl
