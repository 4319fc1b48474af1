#include <unistd.h>

#include <algorithm>
#include <optional>

#include "apps/common/app.h"
#include "apps/common/device.h"
#include "apps/common/log.h"
#include "apps/train/config/config.h"
#include "apps/train/config/options.h"
#include "apps/train/config/paths.h"
#include "apps/train/run.h"
#include "apps/train/team.h"
#include "io/file.h"
#include "io/json_text.h"

namespace {

using namespace ppl;

struct Command {
  std::string path, resume, device = "auto";
  std::vector<std::string> overrides;
  bool print_only = false;
  apps::RunOptions options;
};

apps::TrainConfig read_config(const Command& command, std::vector<std::string>& notes) {
  const std::string path = command.resume.empty() ? command.path : command.resume + "/config.json";
  nlohmann::json j = parse_json(read_text(path), path, /*comments=*/true);
  apps::resolve_paths(j, path, notes);
  if (!command.resume.empty()) j["run"] = command.resume;  // the folder may have been moved
  for (const std::string& o : command.overrides) apps::override_value(j, o);
  return apps::parse_config(j);
}

// The same kind of device for all ranks.
Device choose_device(const Command& command, Communication& ranks) {
  Device device = Device::cpu;
  const auto number = ranks.ranks() > 1 ? std::optional(ranks.local_rank()) : std::nullopt;
  apps::on_all_ranks(ranks, [&] { device = apps::choose_device(command.device, number); });
  double with_cuda = device == Device::cuda ? 1 : 0;
  ranks.all_reduce({&with_cuda, 1});
  if (with_cuda != 0 && with_cuda != ranks.ranks())
    apps::fail(ranks, apps::writes(ranks),
               cat("--device auto: ", with_cuda, " of ", ranks.ranks(),
                   " ranks have a CUDA device; give --device cpu, or start ranks on hosts that have devices only"));
  return device;
}

void train(const Command& command, const apps::TrainConfig& config, const CommunicationOptions& options,
           Communication& host) {
  const Device device = choose_device(command, host);
  apps::warn_of_slow_bf16(device, apps::precision_of(config));
  std::unique_ptr<Communication> devices;
  if (device == Device::cuda && host.ranks() > 1) {
    apps::on_all_ranks(host, [&] { devices = all_reduce_on_devices(host, options); });
    apps::log_line(cat("ranks: ", host.ranks(), ", gradients ",
                       nccl_problem().empty() ? "by " + nccl_name() : "by way of the host, since " + nccl_problem()));
  }
  Communication& ranks = devices ? *devices : host;
  if (!command.resume.empty()) {
    apps::resume_training(config, device, ranks, command.options);
  } else {
    apps::run_training(config, device, ranks, command.options);
  }
}

// What one rank alone met ends all of them; what all met ends each in the usual way.
void run_with_ranks(const Command& command, const apps::TrainConfig& config, const CommunicationOptions& options,
                    Communication& ranks) {
  try {
    train(command, config, options, ranks);
  } catch (const apps::AlreadyReported&) {
    throw;
  } catch (const std::exception& e) {
    if (ranks.ranks() == 1) throw;
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    apps::log_error(cat("train: rank ", ranks.rank(), " on ", host, ": ", e.what()));
    ranks.abort(apps::exit_failed);
  }
}

void run(const Command& command) {
  std::optional<apps::TrainConfig> config;
  std::exception_ptr wrong;
  std::vector<std::string> notes;
  try {
    config = read_config(command, notes);
  } catch (...) {
    wrong = std::current_exception();
  }
  if (command.print_only && config) {
    std::cout << apps::to_json(*config).dump(2) << "\n";
    return;
  }
  CommunicationOptions options;
  if (config) options.timeout_seconds = config->ranks.timeout_seconds;
  options.on_lost = [](const std::string& what) { apps::log_error("train: " + what); };
  const std::unique_ptr<Communication> ranks = connect(options);
  if (!apps::writes(*ranks)) apps::set_quiet(true);
  for (const std::string& note : notes) apps::log_line(note);
  apps::on_all_ranks(*ranks, [&] {
    if (wrong) std::rethrow_exception(wrong);
  });
  run_with_ranks(command, *config, options, *ranks);
}

// Keys of the configuration are no options.
std::string what_was_meant(std::string word) {
  std::replace(word.begin(), word.end(), '-', '_');
  const std::string place = apps::place_of_key(word);
  return place.empty() ? "" : cat("--set ", place, "=VALUE gives the configuration another value");
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  return apps::run_app(
      argc, argv, {"train", "Trains a network on folders of tiles, as a JSON configuration says", what_was_meant},
      [&](CLI::App& app) {
        auto* config = app.add_option("config", command.path, "The configuration (see apps/train/README.md)");
        auto* resume = app.add_option("--resume", command.resume, "Go on with the run in this folder")
                           ->type_name("RUN")
                           ->excludes(config);
        app.footer("Old keys of configurations that are still read: " + apps::old_keys_text());
        app.add_option("--set", command.overrides,
                       "Another value for a key: run=runs/a, stages.0.epochs=3 (may be repeated)")
            ->expected(1)
            ->take_all()
            ->type_name("KEY=VALUE");
        apps::add_device_option(app, command.device);
        app.add_flag("--print-config", command.print_only, "Print the effective configuration and stop");
        app.add_flag("--profile", command.options.profile,
                     "Leave RUN/trace.json (Chrome) and print where the time went");
        app.add_flag("--overwrite", command.options.overwrite, "Replace an earlier run in the same folder")
            ->excludes(resume);
        app.callback([&command] {
          if (command.path.empty() && command.resume.empty()) throw CLI::RequiredError("config, or --resume RUN");
          run(command);
        });
      });
}
