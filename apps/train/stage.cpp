#include "apps/train/stage.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/common/weights.h"
#include "apps/train/validate.h"
#include "io/loader.h"
#include "models/losses.h"
#include "models/training/trainer.h"

namespace ppl::apps {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string joined(const std::vector<std::string>& ids) {
  std::string s;
  for (const std::string& id : ids) s += (s.empty() ? "" : ", ") + id;
  return s;
}

DType precision_of(const TrainConfig& c) { return c.precision == "bf16" ? DType::bf16 : DType::f32; }

LoaderOptions loader_options(const TrainConfig& c, const StageConfig& s, int64_t stage) {
  LoaderOptions o;
  o.batch = s.batch;
  o.crop = s.crop;
  o.drop_last = s.drop_last;
  if (!s.augment) o.augmentation.reset();
  o.dtype = precision_of(c);
  o.seed = Random(c.seed, stage, 0xda7a).bits();
  o.threads = c.workers;
  return o;
}

class StageRun {
 public:
  StageRun(const TrainConfig& c, const Checkpoint& start, const StageTiles& tiles, LinkNet& network, RunFiles& files)
      : config_(c),
        stage_(c.stages[static_cast<size_t>(start.position.stage)]),
        tiles_(tiles),
        network_(network),
        files_(files),
        at_(start.position),
        trainer_(network, {make_loss(stage_.loss), stage_.optimizer, precision_of(c)}),
        loader_(tiles.train, loader_options(c, stage_, at_.stage)) {
    if (!start.state.arrays.empty()) trainer_.restore(start.state);
    at_.log_bytes = files.log.bytes();
    const bool at_end = at_.batch == loader_.batches_per_epoch();  // its steps are done, but not its validation
    loader_.seek(at_.epoch + at_end, at_end ? 0 : at_.batch);
  }

  void run() {
    if (stage_.epochs == 0) save_weights("best");
    bool exhausted = false;
    for (; at_.epoch < stage_.epochs && !exhausted; begin_epoch()) {
      const EpochResult r = train_epoch();
      exhausted = end_epoch(r);
    }
  }

 private:
  EpochResult train_epoch();
  bool end_epoch(const EpochResult&);
  void begin_epoch();
  void after_step();
  void save_checkpoint();
  bool judge(double score);
  void save_weights(const char* name) const;

  bool by_validation() const {
    return stage_.monitor == "validation_iou" || (stage_.monitor == "auto" && tiles_.validation);
  }
  double rate(double epoch) const { return learning_rate(stage_.schedule, stage_.rate, epoch, stage_.epochs); }

  const TrainConfig& config_;
  const StageConfig& stage_;
  const StageTiles& tiles_;
  LinkNet& network_;
  RunFiles& files_;
  Position at_;
  Trainer trainer_;
  Loader loader_;
  Clock::time_point resumed_ = Clock::now();  // when this epoch began, or went on
  Clock::time_point saved_ = Clock::now();
  double seconds_before_ = at_.seconds;  // of this epoch, before that
  int64_t steps_since_save_ = 0;
};

EpochResult StageRun::train_epoch() {
  const int64_t batches = loader_.batches_per_epoch();
  Progress progress(fmt::format("{} epoch {}/{}", stage_.name, at_.epoch + 1, stage_.epochs), batches - at_.batch);
  loader_.take_wait_seconds();
  resumed_ = Clock::now();
  seconds_before_ = at_.seconds;
  while (at_.batch < batches) {
    const auto along = static_cast<double>(at_.batch) / static_cast<double>(batches);
    const Batch batch = loader_.next();
    const float loss = trainer_.step(batch.images, batch.targets,
                                     rate(static_cast<double>(at_.epoch) + (stage_.schedule.per_step ? along : 0)));
    PPL_CHECK(std::isfinite(loss), "stage ", stage_.name, ", epoch ", at_.epoch + 1, ": the loss is ", loss,
              " on tiles ", joined(batch.ids));
    at_.loss += loss;
    at_.images += batch.images.dim(0);
    ++at_.batch;
    progress.advance(1, fmt::format("loss {:.4f}", loss));
    after_step();
  }
  const double here = seconds_since(resumed_), seconds = seconds_before_ + here;
  return {.loss = at_.loss / static_cast<double>(batches),
          .rate = rate(static_cast<double>(at_.epoch)),
          .seconds = seconds,
          .images_per_second = static_cast<double>(at_.images) / seconds,
          .waiting = here > 0 ? loader_.take_wait_seconds() / here : 0};
}

void StageRun::after_step() {
  const CheckpointConfig& when = config_.checkpoint;
  const Wish wish = take_wish();
  ++steps_since_save_;
  if (wish != Wish::none || (when.every_steps > 0 && steps_since_save_ >= when.every_steps) ||
      (when.every_minutes > 0 && seconds_since(saved_) >= 60 * when.every_minutes))
    save_checkpoint();
  if (wish == Wish::stop) throw Interrupted(cat("asked to stop; go on with: train --resume ", config_.run));
}

void StageRun::save_checkpoint() {
  at_.seconds = seconds_before_ + seconds_since(resumed_);
  files_.checkpoints.save({at_, trainer_.checkpoint()});
  saved_ = Clock::now();
  steps_since_save_ = 0;
}

bool StageRun::end_epoch(const EpochResult& r) {
  json line = describe(stage_, at_.epoch, r);
  const bool validated =
      tiles_.validation && ((at_.epoch + 1) % stage_.validate_every == 0 || at_.epoch + 1 == stage_.epochs);
  if (validated) {
    const auto start = Clock::now();
    const Validation v = validate(network_, tiles_.validation, precision_of(config_), stage_.views, stage_.threshold);
    add_validation(line, v, seconds_since(start));
  }
  const bool judged = validated || !by_validation();
  const bool best = judged && judge(by_validation() ? line["validation"]["iou"].get<double>() : -r.loss);
  line["best"] = best;
  save_weights("last");
  if (best) save_weights("best");
  files_.log.write(line);
  at_.log_bytes = files_.log.bytes();
  log_line(summary(stage_, line) + (best ? "  *" : ""));
  const bool exhausted = stage_.patience > 0 && at_.since_best > stage_.patience;
  if (exhausted)
    log_line(fmt::format("{}: stopped after {} epochs without a better {}", stage_.name, at_.since_best,
                         by_validation() ? "validation IoU" : "training loss"));
  return exhausted;
}

// Whether this is the best score so far.
bool StageRun::judge(double score) {
  if (at_.best && score <= *at_.best) return ++at_.since_best, false;
  at_.best = score;
  at_.since_best = 0;
  return true;
}

void StageRun::begin_epoch() {
  ++at_.epoch;
  at_.batch = at_.images = 0;
  at_.loss = at_.seconds = 0;
}

void StageRun::save_weights(const char* name) const {
  const WeightsInfo info{config_.network.name, config_.network.bands, config_.network.classes, tiles_.train->input(),
                         stage_.threshold};
  apps::save_weights(fmt::format("{}/{}.safetensors", stage_folder(config_, at_.stage), name), network_, info);
}

[[noreturn]] void explain_memory(const TrainConfig& c, const StageConfig& s, const char* what) {
  throw Error(fmt::format("{}: network {}, crop {}, batch {} in {} do not fit in memory; take a smaller batch or crop",
                          what, c.network.name, s.crop, s.batch, c.precision));
}

}  // namespace

std::string stage_folder(const TrainConfig& c, int64_t stage) {
  return c.run + "/" + c.stages[static_cast<size_t>(stage)].name;
}

void run_stage(const TrainConfig& c, const Checkpoint& start, const StageTiles& tiles, LinkNet& network,
               RunFiles& files) {
  const StageConfig& s = c.stages[static_cast<size_t>(start.position.stage)];
  std::filesystem::create_directories(stage_folder(c, start.position.stage));
  log_line(fmt::format("{}: {} on {} tiles, crop {}, batch {}, {}, loss {}, {} epochs", s.name, c.network.name,
                       tiles.train->size(), s.crop, s.batch, c.precision, s.loss, s.epochs));
  reset_peak_memory(network.device());
  try {
    StageRun(c, start, tiles, network, files).run();
  } catch (const OutOfMemory& e) {
    explain_memory(c, s, e.what());
  } catch (const std::bad_alloc&) {
    explain_memory(c, s, "out of memory");
  }
  log_line(fmt::format("{}: peak memory of tensors {} MiB", s.name, memory_use(network.device()).peak >> 20));
}

}  // namespace ppl::apps
