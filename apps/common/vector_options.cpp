#include "apps/common/vector_options.h"

#include <functional>
#include <vector>

namespace ppl::apps {
namespace {

using Setting = std::optional<Length>;
using Parse = Length (*)(const std::string&, const std::string&);

// Wrong words are wrong usage, not a failure.
CLI::Option* add_word(CLI::App& app, const std::string& name, const std::function<void(const Length&)>& take,
                      Parse parse, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name, [=](const std::string& word) { take(parse(word, name)); }, help)
      ->check([=](const std::string& word) -> std::string {
        try {
          parse(word, name);
          return {};
        } catch (const Error& e) {
          return e.what();
        }
      })
      ->type_name(parse == &parse_length ? "LENGTH" : "AREA");
}

CLI::Option* add(CLI::App& app, const std::string& name, const std::vector<Setting*>& settings, Parse parse,
                 const std::string& help) {
  const auto take = [=](const Length& said) {
    for (Setting* setting : settings) *setting = said;
  };
  return add_word(app, name, take, parse, help);
}

struct Shared {
  std::vector<Setting*> closing, min_hole, simplify;
};

void add_shared(CLI::App& app, const Shared& s, const char* defaults[3]) {
  add(app, "--closing", s.closing, parse_length, cat("Radius of the disc that closes cracks (", defaults[0], ")"));
  add(app, "--min-hole", s.min_hole, parse_area, cat("Smaller holes are filled (", defaults[1], ")"));
  add(app, "--simplify", s.simplify, parse_length, cat("Tolerance of Douglas and Peucker (", defaults[2], ")"));
}

void add_of_roads(CLI::App& app, RoadSettings& o) {
  add(app, "--min-object", {&o.min_object}, parse_area, "Roads: smaller blobs are dropped (48m2; 300)");
  add(app, "--merge", {&o.merge}, parse_length,
      "Roads: junctions nearer than this, or than the road is wide, become one (3.2m; 8)");
  add(app, "--spur", {&o.spur}, parse_length, "Roads: shorter dead ends are dropped (4m; 10)");
  add(app, "--min-length", {&o.min_length}, parse_length, "Roads: networks shorter than this are dropped (8m; 20)");
  add(app, "--gap", {&o.gap}, parse_length,
      "Roads: dead ends this near to one another, or to a road ahead, are joined (8m; 20)");
  add(app, "--far-gap", {&o.far_gap}, parse_length,
      "Roads: the same for dead ends that point at one another (24m; 60)");
  app.add_option("--angle", o.angle, "Roads: degrees that these may be off")
      ->check(CLI::Range(0.0, 180.0))
      ->capture_default_str();
}

void add_of_buildings(CLI::App& app, BuildingSettings& o) {
  add(app, "--min-area", {&o.min_area}, parse_area, "Buildings: smaller objects are dropped (3.2m2; 20)");
  app.add_flag("--square", o.square,
               "Buildings: right angles (a second direction, 45 degrees, discs) where the polygon allows it");
}

}  // namespace

CLI::Option* add_length(CLI::App& app, const std::string& name, Length& length, const std::string& help) {
  const std::string plain = cat(length.value, length.metres ? "m" : "");
  return add_word(
      app, name, [&length](const Length& said) { length = said; }, parse_length, cat(help, " (", plain, ")"));
}

void add_road_options(CLI::App& app, RoadSettings& o) {
  const char* defaults[] = {"0.8m; 2", "48m2; 300", "0.8m; 2"};
  add_shared(app, {{&o.closing}, {&o.min_hole}, {&o.simplify}}, defaults);
  add_of_roads(app, o);
}

void add_building_options(CLI::App& app, BuildingSettings& o) {
  const char* defaults[] = {"0", "3.2m2; 20", "0.6m; 1.5"};
  add_shared(app, {{&o.closing}, {&o.min_hole}, {&o.simplify}}, defaults);
  add_of_buildings(app, o);
}

void add_vector_options(CLI::App& app, RoadSettings& roads, BuildingSettings& buildings) {
  const char* defaults[] = {"roads 0.8m, buildings 0", "roads 48m2, buildings 3.2m2", "roads 0.8m, buildings 0.6m"};
  add_shared(app,
             {{&roads.closing, &buildings.closing},
              {&roads.min_hole, &buildings.min_hole},
              {&roads.simplify, &buildings.simplify}},
             defaults);
  add_of_roads(app, roads);
  add_of_buildings(app, buildings);
}

}  // namespace ppl::apps
