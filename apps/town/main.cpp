#include <map>

#include "apps/common/app.h"
#include "apps/town/town_files.h"

int main(int argc, char** argv) {
  using ppl::synthetic::Masks;
  ppl::synthetic::Options options;
  const std::map<std::string, Masks> kinds{
      {"roads", Masks::roads}, {"buildings", Masks::buildings}, {"classes", Masks::classes}};
  std::string masks = "roads";
  return ppl::apps::run_app(
      argc, argv, {"town", "Draw a made-up town as georeferenced tiles with masks, and as an OSM file"},
      [&](CLI::App& app) {
        app.add_option("OUT", options.out, "Folder to write; must be absent or empty")->required();
        app.add_option("--tiles", options.tiles, "Tiles to train on")->capture_default_str();
        app.add_option("--val", options.val, "Held-out tiles, a strip at the eastern end")->capture_default_str();
        app.add_option("--size", options.size, "Pixels a side of a tile")->capture_default_str();
        app.add_option("--gsd", options.gsd, "Metres a pixel")->capture_default_str();
        app.add_option("--seed", options.seed, "Same seed, same town")->capture_default_str();
        app.add_option("--masks", masks, "What the masks show: one kind (1 bit), or class numbers, 1 road, 2 building")
            ->check(CLI::IsMember({"roads", "buildings", "classes"}))
            ->capture_default_str();
        app.callback([&] {
          options.masks = kinds.at(masks);
          ppl::synthetic::write_town(options);
        });
      });
}
