#include "apps/common/app.h"
#include "apps/common/device.h"
#include "apps/train/config.h"
#include "apps/train/run.h"
#include "io/file.h"

namespace {

using namespace ppl;

nlohmann::json read_json(const std::string& path) {
  try {
    return nlohmann::json::parse(read_text(path), nullptr, true, /*ignore_comments=*/true);
  } catch (const nlohmann::json::exception& e) {
    throw Error(cat(path, ": ", e.what()));
  }
}

struct Command {
  std::string path, resume, device = "auto";
  std::vector<std::string> overrides;
  bool print_only = false, overwrite = false;
};

void run(const Command& command) {
  nlohmann::json j = read_json(command.resume.empty() ? command.path : command.resume + "/config.json");
  if (!command.resume.empty()) j["run"] = command.resume;  // the folder may have been moved
  for (const std::string& o : command.overrides) apps::override_value(j, o);
  const apps::TrainConfig config = apps::parse_config(j);
  if (command.print_only) {
    std::cout << apps::to_json(config).dump(2) << "\n";
  } else if (!command.resume.empty()) {
    apps::resume_training(config, apps::choose_device(command.device));
  } else {
    apps::run_training(config, apps::choose_device(command.device), command.overwrite);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  return apps::run_app(
      argc, argv, {"train", "Trains a network on folders of tiles, as a JSON configuration says"}, [&](CLI::App& app) {
        auto* config = app.add_option("config", command.path, "The configuration (see apps/train/README.md)");
        auto* resume = app.add_option("--resume", command.resume, "Go on with the run in this folder")
                           ->type_name("RUN")
                           ->excludes(config);
        app.add_option("--set", command.overrides,
                       "Another value for a key: run=runs/a, stages.0.epochs=3 (may be repeated)")
            ->expected(1)
            ->take_all()
            ->type_name("KEY=VALUE");
        apps::add_device_option(app, command.device);
        app.add_flag("--print-config", command.print_only, "Print the effective configuration and stop");
        app.add_flag("--overwrite", command.overwrite, "Replace an earlier run in the same folder")->excludes(resume);
        app.callback([&command] {
          if (command.path.empty() && command.resume.empty()) throw CLI::RequiredError("config, or --resume RUN");
          run(command);
        });
      });
}
