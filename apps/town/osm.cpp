#include "apps/town/osm.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "apps/town/geo.h"

namespace ppl::synthetic {
namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

struct Way {
  std::vector<size_t> nodes;
  Tags tags;
};

std::string street_name(uint64_t seed, int way) {
  static const char* const first[] = {"Linden", "Mühl", "Kirch", "Garten", "Birken", "Schul", "Wiesen", "Berg",
                                      "Rosen",  "Tal",  "Ring",  "Ufer",   "Eichen", "Feld",  "Markt",  "Wald"};
  static const char* const second[] = {"straße", "weg", "gasse", "allee"};
  static const char* const people[] = {"Goethestraße",  "Schillerstraße", "Robert-Bosch-Straße", "Uhlandstraße",
                                       "Bachstraße",    "Keplerstraße",   "Daimlerstraße",       "Hegelplatz",
                                       "Lessingstraße", "Mörikestraße",   "Beethovenstraße",     "Haydnweg"};
  Rng rng(mix(seed, 900, static_cast<uint64_t>(way)));
  if (rng.chance(0.3)) return people[rng.index(static_cast<int>(std::size(people)))];
  const std::string name = first[rng.index(static_cast<int>(std::size(first)))];
  return name + second[rng.index(static_cast<int>(std::size(second)))];
}

Tags road_tags(const Town& town, const Road& road) {
  const RoadStyle& style = style_of(road.kind);
  Tags tags{{"highway", style.tag}, {"width", fmt::format("{:g}", style.width)}};
  if (style.lanes > 0) tags.emplace_back("lanes", std::to_string(style.lanes));
  if (road.kind == RoadClass::service) tags.emplace_back("service", "parking_aisle");
  tags.emplace_back("surface", road.kind == RoadClass::track ? "gravel" : "asphalt");
  if (road.kind >= RoadClass::residential) tags.emplace_back("name", street_name(town.plan.seed(), road.way));
  return tags;
}

class Map {
 public:
  explicit Map(const Town& town) : points_(town.graph.nodes) {
    const auto& roads = town.graph.roads;
    for (size_t i = 0; i < roads.size(); ++i) {
      const bool continues = i > 0 && roads[i - 1].way == roads[i].way && roads[i - 1].to == roads[i].from;
      if (!continues) ways_.push_back({{static_cast<size_t>(roads[i].from)}, road_tags(town, roads[i])});
      add_points(ways_.back(), roads[i].line.begin() + 1, roads[i].line.end() - 1);
      ways_.back().nodes.push_back(static_cast<size_t>(roads[i].to));
    }
    add_line(town.plan.river(), {{"waterway", "river"}, {"name", "Aue"}});
    add_line(town.plan.rail(), {{"railway", "rail"}});
    for (const Building& building : town.buildings) {
      add_line(building.outline, {{"building", "yes"}, {"height", fmt::format("{:.1f}", building.height)}});
      ways_.back().nodes.push_back(ways_.back().nodes.front());
    }
  }

  std::string xml(double width, double height) const {
    std::vector<Point> points = points_;
    points.insert(points.end(), {{0, 0}, {width, 0}, {0, height}, {width, height}});
    const std::vector<Point> degrees = to_wgs84(points);
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<osm version=\"0.6\" generator=\"pplinknet town\">\n";
    write_bounds({degrees.end() - 4, degrees.end()}, text);
    std::vector<bool> used(points_.size(), false);
    for (const Way& way : ways_) {
      for (const size_t node : way.nodes) used[node] = true;
    }
    const auto out = std::back_inserter(text);
    for (size_t i = 0; i < points_.size(); ++i) {
      if (!used[i]) continue;
      fmt::format_to(out, " <node id=\"{}\" version=\"1\" visible=\"true\" lat=\"{:.8f}\" lon=\"{:.8f}\"/>\n", i + 1,
                     degrees[i].y, degrees[i].x);
    }
    for (size_t i = 0; i < ways_.size(); ++i) {
      fmt::format_to(out, " <way id=\"{}\" version=\"1\" visible=\"true\">\n", i + 1);
      for (const size_t node : ways_[i].nodes) fmt::format_to(out, "  <nd ref=\"{}\"/>\n", node + 1);
      for (const auto& [key, value] : ways_[i].tags) fmt::format_to(out, "  <tag k=\"{}\" v=\"{}\"/>\n", key, value);
      text += " </way>\n";
    }
    return text + "</osm>\n";
  }

 private:
  template <class Iterator>
  void add_points(Way& way, Iterator begin, Iterator end) {
    for (; begin != end; ++begin) {
      way.nodes.push_back(points_.size());
      points_.push_back(*begin);
    }
  }

  void add_line(const Line& line, Tags tags) {
    ways_.push_back({{}, std::move(tags)});
    add_points(ways_.back(), line.begin(), line.end());
  }

  // UTM's axes are turned against the meridians, so the box is the one around all four corners.
  static void write_bounds(const std::vector<Point>& corners, std::string& text) {
    const auto lon = std::minmax_element(corners.begin(), corners.end(), [](Point a, Point b) { return a.x < b.x; });
    const auto lat = std::minmax_element(corners.begin(), corners.end(), [](Point a, Point b) { return a.y < b.y; });
    text += fmt::format(" <bounds minlat=\"{:.8f}\" minlon=\"{:.8f}\" maxlat=\"{:.8f}\" maxlon=\"{:.8f}\"/>\n",
                        lat.first->y, lon.first->x, lat.second->y, lon.second->x);
  }

  std::vector<Point> points_;
  std::vector<Way> ways_;
};

}  // namespace

std::string osm_xml(const Town& town) { return Map(town).xml(town.plan.width(), town.plan.height()); }

}  // namespace ppl::synthetic
