#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/rasterize/rasterize.h"

namespace ppl::rasterize {

std::string summary_text(const Summary& s) {
  std::string text = fmt::format("{} of {} tiles drawn, {} of them without any feature", s.drawn, s.tiles, s.empty);
  if (s.kept > 0) text += fmt::format(", {} kept", s.kept);
  if (s.left_out > 0) text += fmt::format(", {} left out for lack of data", s.left_out);
  if (s.problems > 0) text += fmt::format(", {} not placed", s.problems);
  const double rate = s.draw_seconds > 0 ? static_cast<double>(s.drawn) / s.draw_seconds : 0;
  text += fmt::format("; foreground {:.2f} %\n", 100 * s.foreground);
  return text + fmt::format("{} features read in {:.2f} s, drawn in {:.2f} s ({:.0f} tiles/s)\n", s.features,
                            s.read_seconds, s.draw_seconds, rate);
}

std::string summary_json(const Summary& s) {
  nlohmann::ordered_json json = {{"tiles", s.tiles},
                                 {"drawn", s.drawn},
                                 {"kept", s.kept},
                                 {"empty", s.empty},
                                 {"left_out", s.left_out},
                                 {"problems", s.problems},
                                 {"features", s.features},
                                 {"foreground", s.foreground},
                                 {"read_seconds", s.read_seconds},
                                 {"draw_seconds", s.draw_seconds}};
  json["missing_nodes"] = 0;
  json["cut_ways"] = 0;
  json["incomplete_areas"] = 0;
  json["broken_areas"] = 0;
  for (const SourceReport& r : s.sources) {
    json["missing_nodes"] = json["missing_nodes"].get<int64_t>() + r.missing_nodes;
    json["cut_ways"] = json["cut_ways"].get<int64_t>() + r.cut_ways;
    json["incomplete_areas"] = json["incomplete_areas"].get<int64_t>() + r.incomplete_areas;
    json["broken_areas"] = json["broken_areas"].get<int64_t>() + r.broken_areas;
  }
  return json.dump(2) + "\n";
}

}  // namespace ppl::rasterize
