#include "apps/common/app.h"
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

}  // namespace

int main(int argc, char** argv) {
  static std::string path;
  static std::vector<std::string> overrides;
  static bool print_only = false;
  return apps::run_app(argc, argv, {"train", "Trains a network on folders of tiles, as a JSON configuration says"}, [](CLI::App& app) {
    app.add_option("config", path, "The configuration (see apps/train/README.md)")->required();
    app.add_option("--set", overrides, "Another value for a key: run=runs/a, stages.0.epochs=3 (may be repeated)")->expected(1)->take_all()->type_name("KEY=VALUE");
    app.add_flag("--print-config", print_only, "Print the effective configuration and stop");
    app.callback([] {
      nlohmann::json j = read_json(path);
      for (const std::string& o : overrides) apps::override_value(j, o);
      const apps::TrainConfig config = apps::parse_config(j);
      if (print_only)
        std::cout << apps::to_json(config).dump(2) << "\n";
      else
        apps::run_training(config);
    });
  });
}
