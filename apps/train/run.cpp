#include "apps/train/run.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <filesystem>

#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/common/weights.h"
#include "apps/train/record/recorder.h"
#include "apps/train/run_lock.h"
#include "apps/train/stage.h"
#include "apps/train/team.h"
#include "io/file.h"
#include "io/json_text.h"
#include "models/networks.h"

namespace ppl::apps {
namespace {

namespace fs = std::filesystem;

std::string config_path(const TrainConfig& c) { return c.run + "/config.json"; }

// For a last layer that has no weights yet.
void start_last_layer(LinkNet& network, const TrainConfig& c, const StageConfig& s, const StageTiles& tiles) {
  if (c.network.start == "published") return;
  const std::vector<double>& prior =
      std::ssize(c.network.prior) == network.spec.classes ? c.network.prior : tiles.prior;
  std::string text;
  for (const double p : prior) text += fmt::format("{}{:.2g} %", text.empty() ? "" : ", ", 100 * p);
  log_line(prior.empty() ? s.name + ": the masks' share of foreground is not known; network.prior can say it"
                         : fmt::format("{}: starts from a prior of {} foreground", s.name, text));
  if (!prior.empty()) network.start_from_prior(prior);
}

// With the weights that a stage starts from; a checkpoint within a stage brings its own.
std::unique_ptr<LinkNet> starting_network(const TrainConfig& c, const Checkpoint& at,
                                          const std::vector<StageTiles>& tiles) {
  const int64_t stage = at.position.stage;
  const StageConfig& s = c.stages[static_cast<size_t>(stage)];
  const InputSpec& input = tiles[0].train->input();
  auto network = make_network(c.network.name, c.network.bands, classes_of(c, s));
  if (!at.state.arrays.empty()) return network;
  Random random(c.seed, 0x1417);  // a stream of its own beside those of the data
  network->initialize(random);
  if (!c.encoder_weights.empty()) load_encoder(*network, c.encoder_weights);
  const std::string start = stage > 0 ? stage_result(c, stage - 1) : c.initial_weights;
  bool is_new = start.empty();  // the last layer
  if (!start.empty()) {
    const LoadedStart before = load_start(*network, c.network.name, start);
    is_new = before.classes != classes_of(c, s);
    if (is_new)
      log_line(fmt::format("{}: the last layer is new: {} classes, {} has {}", s.name, classes_of(c, s), start,
                           before.classes));
    if (before.input && *before.input != input)
      log_line(fmt::format("{}: {} was trained on images normalised otherwise: {}; these tiles: {}", s.name, start,
                           to_json(*before.input), to_json(input)));
  }
  if (is_new) start_last_layer(*network, c, s, tiles[static_cast<size_t>(stage)]);
  return network;
}

void refuse_earlier_run(const TrainConfig& c) {
  PPL_CHECK(!fs::exists(log_path(c)), c.run,
            ": holds an earlier run; name another folder (run), go on with --resume, or give --overwrite");
}

std::unique_ptr<RunLock> lock_run(const TrainConfig& c) {
  fs::create_directories(c.run);
  return std::make_unique<RunLock>(c.run);
}

// What an earlier run left would pass for this one's until its first epoch ends.
void clear_folder(const TrainConfig& c) {
  for (size_t i = 0; i < c.stages.size(); ++i) {
    for (const char* name :
         {"/best.safetensors", "/last.safetensors", "/best_average.safetensors", "/last_average.safetensors"})
      fs::remove(stage_folder(c, static_cast<int64_t>(i)) + name);
  }
  fs::remove_all(checkpoint_folder(c));
  fs::remove(log_path(c));
  fs::remove(event_path(c));
}

// Temporary files of a process that was killed while it wrote.
void remove_leftovers(const TrainConfig& c) {
  std::vector<std::string> folders{checkpoint_folder(c)};
  for (size_t i = 0; i < c.stages.size(); ++i) folders.push_back(stage_folder(c, static_cast<int64_t>(i)));
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (name.find(".safetensors.") != std::string::npos && name.ends_with(".tmp")) fs::remove(entry.path());
    }
  }
}

void prepare_folder(const TrainConfig& c, bool fresh) {
  if (fresh) clear_folder(c);
  remove_leftovers(c);
  write_file(config_path(c), to_json(c).dump(2) + "\n");
}

// The stages from there on; the network is the first one's.
void run_stages(const TrainConfig& c, Device device, Checkpoint at, std::unique_ptr<LinkNet> network,
                const std::vector<StageTiles>& tiles, Recorder& files, Communication& ranks) {
  while (at.position.stage < static_cast<int64_t>(c.stages.size())) {
    const int64_t stage = at.position.stage;
    if (!network) {
      barrier(ranks);  // the weights that it starts from are written
      on_all_ranks(ranks, [&] { network = starting_network(c, at, tiles); });
    }
    network->to(device);
    if (at.state.arrays.empty()) files.checkpoint(at);
    run_stage(c, at, tiles[static_cast<size_t>(stage)], *network, files, ranks);
    network.reset();
    at = {};
    at.position.stage = stage + 1;
    at.position.log_bytes = files.log_bytes();
    at.position.ranks = ranks.ranks();
  }
}

// fresh: from the beginning, not from a checkpoint. lock: where the caller has it already.
void run_from(const TrainConfig& c, Device device, Checkpoint at, bool fresh, Communication& ranks,
              const RunOptions& options, std::unique_ptr<RunLock> lock) {
  if (c.threads > 0) omp_set_num_threads(c.threads);
  std::vector<StageTiles> tiles;
  std::optional<Recorder> files;
  on_all_ranks(ranks, [&] { tiles = open_stages(c, ranks.ranks()); });
  std::unique_ptr<LinkNet> network;
  on_all_ranks(ranks, [&] { network = starting_network(c, at, tiles); });
  on_all_ranks(ranks, [&] {
    if (writes(ranks)) {
      if (!lock) lock = lock_run(c);
      if (fresh && !options.overwrite) refuse_earlier_run(c);  // made since the first look at it
      prepare_folder(c, fresh);
    }
    files.emplace(c, at.position, ranks, options.profile);
  });
  watch_signals(ranks.ranks() == 1);
  run_stages(c, device, std::move(at), std::move(network), tiles, *files, ranks);
  if (!options.profile) return;
  const std::string table = files->profile()->finish(c.run + "/trace.json", device, ranks);
  log_line(table.empty() ? "profile: no step was made" : c.run + "/trace.json\n" + table);
}

// Before the first checkpoint a run has nothing; where it has more, somebody removed the checkpoints.
void refuse_lost_checkpoints(const TrainConfig& c) {
  bool has_results = fs::exists(log_path(c)) && fs::file_size(log_path(c)) > 0;
  for (size_t i = 0; i < c.stages.size(); ++i)
    has_results = has_results || fs::exists(stage_folder(c, static_cast<int64_t>(i)) + "/last.safetensors");
  PPL_CHECK(!has_results, checkpoint_folder(c),
            ": holds no checkpoint, so the run cannot go on; its weights and log are ",
            "left alone. To begin again: train ", config_path(c), " --overwrite");
}

// The first key whose value is another one than the run was made with, as "stages.0.epochs"; empty: none.
std::string changed_key(const TrainConfig& before, const TrainConfig& now) {
  TrainConfig same_place = before;
  same_place.run = now.run;  // the folder may have been moved
  const nlohmann::json changes = nlohmann::json::diff(to_json(same_place), to_json(now));
  if (changes.empty()) return "";
  std::string key = changes[0]["path"].get<std::string>().substr(1);
  std::replace(key.begin(), key.end(), '/', '.');
  return key;
}

// Whether a finished run has more to do by the new configuration; the checkpoint then says where. Error where the new
// configuration is another one and would change nothing.
bool goes_on(const TrainConfig& c, Checkpoint& at) {
  Position& p = at.position;
  const auto stages = static_cast<int64_t>(c.stages.size());
  const TrainConfig before = parse_config(parse_json(read_text(config_path(c)), config_path(c)));
  if (p.finished && p.stage + 1 < stages) {
    Position next;
    next.stage = p.stage + 1;
    next.ranks = p.ranks;
    next.log_bytes = p.log_bytes;
    next.event_bytes = p.event_bytes;
    at = {next, {}};
    return true;
  }
  const StageConfig& last = c.stages.back();
  const StageConfig& old = before.stages.back();
  if (p.finished && p.stage + 1 == stages && last.epochs > p.epoch &&
      (last.epochs != old.epochs || last.patience != old.patience)) {
    p.since_best = 0;
    return true;
  }
  const std::string key = changed_key(before, c);
  PPL_CHECK(key.empty(), c.run, ": is finished, and ", key, " changes nothing any more; ",
            p.finished ? cat("give the last stage more epochs than ", p.epoch, " (--set stages.", stages - 1,
                             ".epochs=N) to train on, or train another run")
                       : "it was made by an earlier version, which kept nothing to train on with");
  return false;
}

}  // namespace

void run_training(const TrainConfig& c, Device device, Communication& ranks, const RunOptions& options) {
  on_all_ranks(ranks, [&] {
    if (!options.overwrite) refuse_earlier_run(c);
  });
  Checkpoint start;
  start.position.ranks = ranks.ranks();
  run_from(c, device, start, true, ranks, options, nullptr);
}

void resume_training(const TrainConfig& c, Device device, Communication& ranks, const RunOptions& options) {
  std::optional<Checkpoint> at;
  std::unique_ptr<RunLock> lock;
  bool finished = false;
  on_all_ranks(ranks, [&] {
    if (writes(ranks)) lock = lock_run(c);
    at = Checkpoints(checkpoint_folder(c), c.checkpoint.keep).newest(/*tell=*/writes(ranks));
    if (!at) return refuse_lost_checkpoints(c);
    const Position& p = at->position;
    finished = (p.finished || p.stage >= static_cast<int64_t>(c.stages.size())) && !goes_on(c, *at);
  });
  if (!at) {
    at.emplace();
    at->position.ranks = ranks.ranks();
    return run_from(c, device, *at, true, ranks, {.overwrite = true, .profile = options.profile}, std::move(lock));
  }
  if (finished) return log_line(c.run + ": is finished");
  const Position& p = at->position;
  log_line(fmt::format("{}: goes on at stage {}, epoch {}, step {}", c.run, c.stages[static_cast<size_t>(p.stage)].name,
                       p.epoch + 1, p.batch + 1));
  if (p.ranks != ranks.ranks())
    log_line(
        fmt::format("{}: {} ranks up to here, now {}: a batch is another one, so weights and losses will differ from "
                    "those of an undisturbed run; tiles of the current epoch may come twice",
                    c.run, p.ranks, ranks.ranks()));
  run_from(c, device, *at, false, ranks, options, std::move(lock));
}

}  // namespace ppl::apps
