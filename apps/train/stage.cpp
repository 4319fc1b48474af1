#include "apps/train/stage.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "apps/common/app.h"
#include "apps/common/clock.h"
#include "apps/common/device.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/common/weights.h"
#include "apps/train/config/options.h"
#include "apps/train/monitor.h"
#include "apps/train/record/sheet.h"
#include "apps/train/result/threshold.h"
#include "apps/train/team.h"
#include "apps/train/validate.h"
#include "io/tiles/device_augment.h"
#include "kernels/profile_range.h"

namespace ppl::apps {
namespace {

using nlohmann::json;

struct StopRequested : Error {
  using Error::Error;
};

class StageRun {
 public:
  StageRun(const TrainConfig& c, const Checkpoint& start, const StageTiles& tiles, LinkNet& network, Recorder& files,
           Communication& ranks)
      : config_(c),
        stage_(c.stages[static_cast<size_t>(start.position.stage)]),
        tiles_(tiles),
        network_(network),
        files_(files),
        ranks_(ranks),
        at_(start.position),
        monitor_(stage_, tiles.validation != nullptr),
        trainer_(network, trainer_options(c, stage_, ranks)),
        loader_options_(loader_options(c, at_.stage, tiles, ranks, network.device())),
        loader_(tiles.train, loader_options_),
        augment_(*tiles.train, loader_options_.weights, loader_options_.dtype, network.device()) {
    if (!start.state.arrays.empty()) trainer_.restore(start.state);
    at_.log_bytes = files.log_bytes();
    if (at_.ranks != ranks.ranks()) change_ranks();
    const bool at_end = at_.batch == loader_.batches_per_epoch();  // its steps are done, but not its validation
    loader_.seek(at_.epoch + at_end, at_end ? 0 : at_.batch);
  }

  void run() {
    if (stage_.epochs == 0) save_weights("best", Which::both);
    at_.finished = false;
    for (; at_.epoch < stage_.epochs && !monitor_.exhausted(at_); begin_epoch()) end_epoch(train_epoch());
    if (monitor_.exhausted(at_)) log_line(cat(stage_.name, ": stopped after ", monitor_.why_exhausted(at_)));
    PPL_CHECK(stage_.epochs == 0 || at_.best, "stage ", stage_.name, ": no epoch had a loss: every step was skipped");
    choose_thresholds(config_, at_.stage, tiles_, network_.device(), ranks_);
    if (at_.stage + 1 < static_cast<int64_t>(config_.stages.size())) return;
    at_.finished = true;
    save_checkpoint();
  }

 private:
  enum class Which { plain, average, both };

  EpochResult train_epoch();
  std::vector<Batch> next_parts(int64_t count);
  float step(std::vector<Batch>&);
  void step_not_finite(const std::vector<Batch>&);
  void end_epoch(const EpochResult&);
  void validate_epoch(json& line);
  void begin_epoch();
  void after_step();
  [[noreturn]] void interrupt() const;
  void save_checkpoint();
  void change_ranks();
  json validated();
  void draw_sheet();
  void save_weights(const char* name, Which) const;

  double rate(double epoch) const { return learning_rate(stage_.schedule, stage_.learning_rate, epoch, stage_.epochs); }
  std::string here() const { return fmt::format("stage {}, epoch {}", stage_.name, at_.epoch + 1); }

  const TrainConfig& config_;
  const StageConfig& stage_;
  const StageTiles& tiles_;
  LinkNet& network_;
  Recorder& files_;
  Communication& ranks_;
  Position at_;
  const Monitor monitor_;
  mutable Trainer trainer_;
  LoaderOptions loader_options_;
  Loader loader_;
  DeviceAugment augment_;                     // where the loader leaves that to it
  Clock::time_point resumed_ = Clock::now();  // when this epoch began, or went on
  Clock::time_point saved_ = Clock::now();
  double seconds_before_ = at_.seconds;  // of this epoch, before that
  int64_t steps_since_save_ = 0;
  double data_seconds_ = 0;  // waiting for the tiles of this step
};

EpochResult StageRun::train_epoch() {
  const int64_t batches = loader_.batches_per_epoch();
  Progress progress(fmt::format("{} epoch {}/{}", stage_.name, at_.epoch + 1, stage_.epochs), batches - at_.batch);
  loader_.take_wait_seconds();
  resumed_ = Clock::now();
  seconds_before_ = at_.seconds;
  trainer_.freeze_encoder(at_.epoch < stage_.freeze_encoder_epochs);
  while (at_.batch < batches) {
    std::vector<Batch> parts = next_parts(std::min<int64_t>(stage_.accumulate, batches - at_.batch));
    const auto taken = static_cast<int64_t>(parts.size());
    const float loss = step(parts);
    at_.images += loader_.tiles_before(at_.batch + taken) - loader_.tiles_before(at_.batch);
    at_.batch += taken;
    progress.advance(taken, fmt::format("loss {:.4f}", loss));
    if (at_.batch <= 3 * taken) warn_of_slow_work();  // a graph is recorded at the third step
    after_step();
  }
  const double here = seconds_since(resumed_), seconds = seconds_before_ + here;
  return {.loss = at_.losses > 0 ? std::optional(at_.loss / static_cast<double>(at_.losses)) : std::nullopt,
          .learning_rate = rate(static_cast<double>(at_.epoch)),
          .seconds = seconds,
          .images_per_second = static_cast<double>(at_.images) / seconds,
          .waiting = here > 0 ? loader_.take_wait_seconds() / here : 0};
}

std::vector<Batch> StageRun::next_parts(int64_t count) {
  const ProfileRange range("data");
  std::vector<Batch> parts;
  const auto before = Clock::now();
  while (static_cast<int64_t>(parts.size()) < count) parts.push_back(loader_.next());
  data_seconds_ = seconds_since(before);
  return parts;
}

float StageRun::step(std::vector<Batch>& parts) {
  const auto along = static_cast<double>(at_.batch) / static_cast<double>(loader_.batches_per_epoch());
  const auto start = std::chrono::system_clock::now();
  for (Batch& b : parts) augment_.apply(b);
  std::vector<TrainingBatch> batches;
  for (const Batch& b : parts) batches.push_back({b.images, b.targets, b.weights, b.valid, b.ids.empty()});
  const float loss =
      trainer_.step(batches, rate(static_cast<double>(at_.epoch) + (stage_.schedule.per_step ? along : 0)));
  const auto batch = at_.batch + static_cast<int64_t>(parts.size());
  if (Profile* profile = files_.profile())
    profile->add(start, data_seconds_, trainer_.times(), loader_.tiles_before(batch) - loader_.tiles_before(at_.batch));
  if (std::isfinite(loss)) {
    files_.loss(stage_.name, at_.epoch * loader_.batches_per_epoch() + batch, loss);
    const auto count = static_cast<int64_t>(parts.size());
    at_.loss += static_cast<double>(loss) * static_cast<double>(count);
    at_.losses += count;
  } else {
    step_not_finite(parts);
  }
  return loss;
}

// Names the tiles of all ranks.
void StageRun::step_not_finite(const std::vector<Batch>& parts) {
  std::vector<double> mine(static_cast<size_t>(stage_.batch) * static_cast<size_t>(stage_.accumulate), -1);
  size_t count = 0;
  for (const Batch& b : parts)
    for (const int64_t i : b.indices) mine[count++] = static_cast<double>(i);
  std::vector<double> all(mine.size() * static_cast<size_t>(ranks_.ranks()));
  ranks_.all_gather(mine, all);
  std::string ids;
  for (const double index : all)
    if (index >= 0) ids += (ids.empty() ? "" : ", ") + tiles_.train->entry(static_cast<int64_t>(index)).id;
  const std::string what = cat(here(), ": the ", trainer_.not_finite(), " is not finite on tiles ", ids);
  if (++at_.skipped > stage_.skip_not_finite) {
    fail(ranks_, writes(ranks_), what);
  }
  log_line(what + "; the step is skipped");
}

void StageRun::after_step() {
  const CheckpointConfig& when = config_.checkpoint;
  const SignalRequest request = take_signal_request();
  ++steps_since_save_;
  if (request != SignalRequest::none || (when.every_steps > 0 && steps_since_save_ >= when.every_steps) ||
      (when.every_minutes > 0 && seconds_since(saved_) >= 60 * when.every_minutes))
    save_checkpoint();
  if (request == SignalRequest::stop) interrupt();
}

void StageRun::interrupt() const { throw Interrupted(cat("asked to stop; go on with: train --resume ", config_.run)); }

void StageRun::save_checkpoint() {
  at_.seconds = seconds_before_ + seconds_since(resumed_);
  if (files_.writes()) files_.checkpoint({at_, trainer_.checkpoint()});
  saved_ = Clock::now();
  steps_since_save_ = 0;
}

// A checkpoint of another number of ranks: the same tiles are done, to the whole batch below.
void StageRun::change_ranks() {
  const int64_t before = int64_t{stage_.batch} * at_.ranks, now = int64_t{stage_.batch} * ranks_.ranks();
  at_.batch = std::min(at_.batch * before / now, loader_.batches_per_epoch());
  at_.ranks = ranks_.ranks();
}

json StageRun::validated() {
  trainer_.share_statistics();
  const auto start = Clock::now();
  const auto give_up = [] {
    if (stop_requested()) throw StopRequested("while validating");
  };
  const Validation v =
      validate(network_, tiles_.validation, precision_of(config_), stage_.tta, stage_.threshold, ranks_, give_up);
  return describe(v, seconds_since(start));
}

// With the network as validation leaves it.
void StageRun::draw_sheet() {
  constexpr int kTiles = 6, kSide = 320;
  if (stage_.sheet_every == 0 || (at_.epoch + 1) % stage_.sheet_every != 0 || !files_.writes()) return;
  files_.sheet(stage_folder(config_, at_.stage), stage_.name, at_.epoch + 1,
               apps::draw_sheet(network_, tiles_.validation, kTiles, kSide, precision_of(config_), stage_.tta,
                                stage_.threshold));
}

// Validates the weights, and their average where one is kept.
void StageRun::validate_epoch(json& line) {
  if (tiles_.validation && ((at_.epoch + 1) % stage_.validate_every == 0 || at_.epoch + 1 == stage_.epochs)) {
    line["validation"] = validated();
    draw_sheet();
    if (Ema* average = trainer_.average()) {
      const UseEma use(*average);
      line["validation_average"] = validated();
    }
  }
}

void StageRun::end_epoch(const EpochResult& r) {
  json line = describe(stage_, at_.epoch, r);
  if (at_.skipped > 0) line["skipped"] = at_.skipped;
  try {
    validate_epoch(line);
  } catch (const StopRequested&) {  // it goes on with this validation
    save_checkpoint();
    interrupt();
  }
  monitor_.judge(line, at_, trainer_.average() != nullptr);
  save_weights("last", Which::both);
  if (line["best"]) save_weights("best", Which::plain);
  if (line.value("best_average", false)) save_weights("best", Which::average);
  files_.epoch(line);
  at_.log_bytes = files_.log_bytes();
  log_line(summary(stage_, line) + (line["best"] ? "  *" : ""));
}

void StageRun::begin_epoch() {
  ++at_.epoch;
  at_.batch = at_.images = at_.losses = 0;
  at_.loss = at_.seconds = seconds_before_ = 0;
  resumed_ = Clock::now();
}

void StageRun::save_weights(const char* name, Which which) const {
  if (!writes(ranks_)) return;
  const WeightsInfo info{config_.network.name, config_.network.bands, network_.spec.classes, tiles_.train->input(),
                         stage_.threshold};
  const std::string path = cat(stage_folder(config_, at_.stage), "/", name);
  if (which != Which::average) apps::save_weights(path + ".safetensors", network_, info);
  if (which == Which::plain || !trainer_.average()) return;
  const UseEma use(*trainer_.average());
  apps::save_weights(path + "_average.safetensors", network_, info);
}

[[noreturn]] void explain_memory(const TrainConfig& c, const StageConfig& s, int crop, const char* what) {
  throw Error(fmt::format("{}: network {}, crop {}, batch {} in {} do not fit in memory; take a smaller batch or crop",
                          what, c.network.name, crop, s.batch, c.precision));
}

}  // namespace

void run_stage(const TrainConfig& c, const Checkpoint& start, const StageTiles& tiles, LinkNet& network,
               Recorder& files, Communication& ranks) {
  const StageConfig& s = c.stages[static_cast<size_t>(start.position.stage)];
  if (writes(ranks)) std::filesystem::create_directories(stage_folder(c, start.position.stage));
  log_line(fmt::format("{}: {} on {} tiles, crop {}, batch {}, {}, loss {}, {} epochs", s.name, c.network.name,
                       tiles.train->size(), tiles.crop, s.batch, c.precision, s.loss, s.epochs));
  reset_peak_memory(network.device());
  try {
    StageRun(c, start, tiles, network, files, ranks).run();
  } catch (const OutOfMemory& e) {
    explain_memory(c, s, tiles.crop, e.what());
  } catch (const std::bad_alloc&) {
    explain_memory(c, s, tiles.crop, "out of memory");
  }
  const MemoryUse memory = memory_use(network.device());
  log_line(fmt::format("{}: peak memory of tensors {} MiB, {} MiB held", s.name, memory.peak >> 20, memory.held >> 20));
}

}  // namespace ppl::apps
