#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/score/buildings/buildings_command.h"
#include "apps/score/masks/iou_command.h"
#include "apps/score/roads/roads_command.h"

// A metric is a function that adds its subcommand.
int main(int argc, char** argv) {
  return ppl::apps::run_app(argc, argv, {"score", "Compare predictions with the truth"}, [](CLI::App& app) {
    app.require_subcommand(1);
    for (const auto add :
         {ppl::score::add_iou_command, ppl::score::add_roads_command, ppl::score::add_buildings_command}) {
      add(app);
    }
  });
}
