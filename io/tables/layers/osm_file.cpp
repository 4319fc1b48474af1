#include "io/tables/layers/osm_file.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "io/geometry/node_lines.h"
#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr double kDigits = 1e7;  // OSM's places are whole numbers of 1e-7 degrees

std::string degrees(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7f", value / kDigits);
  return text;
}

Point rounded(Point p) { return {std::round(p.x), std::round(p.y)}; }

// Neighbours that are one place come once.
Line without_repeats(const Line& line) {
  Line result;
  for (const Point p : line)
    if (result.empty() || result.back() != p) result.push_back(p);
  return result;
}

class OsmText {
 public:
  OsmText(const VectorLayer& layer, const std::string& where)
      : layer_(layer), where_(where), to_degrees_(crs_from_text(layer.crs, where), crs_of_epsg(4326)) {}

  std::string make() {
    for (const VectorFeature& feature : layer_.features) {
      if (!feature.line.empty()) roads_.push_back(places_of(feature.line));
      if (feature.polygon.outer.empty()) continue;
      walls_.push_back(ring_of(feature.polygon.outer));
      for (const Line& hole : feature.polygon.holes) walls_.push_back(ring_of(hole));
    }
    node_lines(roads_, rounded);
    node_lines(walls_, rounded);
    size_t road = 0, wall = 0;
    for (const VectorFeature& feature : layer_.features) {
      if (!feature.line.empty()) add_road(roads_[road++], tags("highway", "road", feature));
      if (!feature.polygon.outer.empty()) wall = add_building(feature, wall);
    }
    return cat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<osm version=\"0.6\" generator=\"pplinknet\">\n",
               nodes_text_, ways_text_, relations_text_, "</osm>\n");
  }

 private:
  using Place = std::array<double, 2>;

  // In whole numbers of OSM's digits.
  Line places_of(Line line) {
    to_degrees_.apply(line);
    for (Point& p : line) {
      PPL_CHECK(std::isfinite(p.x) && std::isfinite(p.y), where_, ": a place is not on the earth");
      p = rounded(p * kDigits);
    }
    return without_repeats(line);
  }
  Line ring_of(const Line& ring) {
    Line line = places_of(ring);
    if (line.size() > 1 && line.front() != line.back()) line.push_back(line.front());
    return line;
  }

  int64_t node_at(Point p) {
    const auto [it, fresh] = nodes_.try_emplace({p.x, p.y}, -static_cast<int64_t>(nodes_.size()) - 1);
    if (fresh)
      nodes_text_ += cat("  <node id=\"", it->second, "\" visible=\"true\" lat=\"", degrees(p.y), "\" lon=\"",
                         degrees(p.x), "\"/>\n");
    return it->second;
  }

  // No segment comes twice: what rounding laid onto another road is left to that one.
  void add_road(const Line& line, const std::string& tags_of) {
    Line current;
    for (const Point p : line) {
      if (!current.empty()) {
        const Place a{current.back().x, current.back().y}, b{p.x, p.y};
        if (!segments_.insert({std::min(a, b), std::max(a, b)}).second) {
          add_way(current, tags_of);
          current.clear();
        }
      }
      current.push_back(p);
    }
    add_way(current, tags_of);
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
  int64_t add_way(const Line& places, const std::string& tags_of, size_t least = 2) {
    if (places.size() < least) return 0;
    const int64_t id = -(++ways_);
    ways_text_ += cat("  <way id=\"", id, "\" visible=\"true\">\n");
    for (const Point p : places) ways_text_ += cat("    <nd ref=\"", node_at(p), "\"/>\n");
    ways_text_ += tags_of + "  </way>\n";
    return id;
  }

  // wall: which of walls_ is its outer one, its holes' behind it. Returns the next building's.
  size_t add_building(const VectorFeature& feature, size_t wall) {
    constexpr size_t kRing = 4;
    const std::string tags_of = tags("building", "yes", feature);
    const size_t next = wall + 1 + feature.polygon.holes.size();
    const bool simple = feature.polygon.holes.empty();
    const int64_t outer = add_way(walls_[wall], simple ? tags_of : "", kRing);
    if (simple || outer == 0) return next;
    std::string members = cat("    <member type=\"way\" ref=\"", outer, "\" role=\"outer\"/>\n");
    for (size_t hole = wall + 1; hole < next; ++hole) {
      if (const int64_t inner = add_way(walls_[hole], "", kRing); inner != 0)
        members += cat("    <member type=\"way\" ref=\"", inner, "\" role=\"inner\"/>\n");
    }
    relations_text_ += cat("  <relation id=\"", -(++relations_), "\" visible=\"true\">\n", members,
                           tag("type", "multipolygon"), tags_of, "  </relation>\n");
    return next;
  }

  const VectorLayer& layer_;
  const std::string& where_;
  Projection to_degrees_;
  std::vector<Line> roads_, walls_;  // one a feature; a ring each
  std::map<Place, int64_t> nodes_;
  std::set<std::array<Place, 2>> segments_;  // of roads
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
