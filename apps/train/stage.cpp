#include "apps/train/stage.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

#include "apps/common/log.h"
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

struct EpochResult {
  double loss = 0;  // mean over the batches
  double rate = 0;  // at the start
  double seconds = 0, images_per_second = 0;
  double waiting = 0;  // share of the time spent waiting for tiles
};

std::string joined(const std::vector<std::string>& ids) {
  std::string s;
  for (const std::string& id : ids) s += (s.empty() ? "" : ", ") + id;
  return s;
}

DType precision_of(const TrainConfig& c) { return c.precision == "bf16" ? DType::bf16 : DType::f32; }

LoaderOptions loader_options(const TrainConfig& c, const StageConfig& s, size_t stage) {
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

EpochResult run_epoch(const StageConfig& s, int epoch, Loader& loader, Trainer& trainer) {
  const int64_t batches = loader.batches_per_epoch();
  EpochResult r{.rate = learning_rate(s.schedule, s.rate, epoch, s.epochs)};
  Progress progress(fmt::format("{} epoch {}/{}", s.name, epoch + 1, s.epochs), batches);
  int64_t images = 0;
  loader.take_wait_seconds();
  const auto start = Clock::now();
  for (int64_t i = 0; i < batches; ++i) {
    const double at = epoch + (s.schedule.per_step ? static_cast<double>(i) / static_cast<double>(batches) : 0);
    const Batch batch = loader.next();
    const float loss = trainer.step(batch.images, batch.targets, learning_rate(s.schedule, s.rate, at, s.epochs));
    PPL_CHECK(std::isfinite(loss), "stage ", s.name, ", epoch ", epoch + 1, ": the loss is ", loss, " on tiles ", joined(batch.ids));
    r.loss += loss / static_cast<double>(batches);
    images += batch.images.dim(0);
    progress.advance(1, fmt::format("loss {:.4f}", loss));
  }
  r.seconds = seconds_since(start);
  r.images_per_second = static_cast<double>(images) / r.seconds;
  r.waiting = loader.take_wait_seconds() / r.seconds;
  return r;
}

json describe(const StageConfig& s, int epoch, const EpochResult& r) {
  return {{"stage", s.name},       {"epoch", epoch + 1},
          {"loss", r.loss},        {"rate", r.rate},
          {"seconds", r.seconds},  {"images_per_second", r.images_per_second},
          {"waiting", r.waiting},  {"peak_mib", memory_use(Device::cpu).peak >> 20}};
}

void describe(json& line, const Validation& v, double seconds) {
  line["validation"] = {{"mean_iou", v.mean_iou},        {"iou", v.pixels.iou()},       {"f1", v.pixels.f1()},
                        {"precision", v.pixels.precision()}, {"recall", v.pixels.recall()}, {"seconds", seconds}};
}

std::string summary(const StageConfig& s, const json& line) {
  std::string text = fmt::format("{} {}/{}  loss {:.5f}  rate {:.2e}  {:.2f} images/s  waiting {:.1f} %", s.name, line["epoch"].get<int>(), s.epochs,
                                 line["loss"].get<double>(), line["rate"].get<double>(), line["images_per_second"].get<double>(),
                                 100 * line["waiting"].get<double>());
  if (line.contains("validation"))
    text += fmt::format("  validation IoU {:.4f} F1 {:.4f}", line["validation"]["iou"].get<double>(), line["validation"]["f1"].get<double>());
  return text;
}

// The best epoch so far and the number since, for weights and early stop.
struct Monitor {
  bool by_validation;
  int patience;
  double best = -std::numeric_limits<double>::infinity();
  int since_best = 0;

  bool better(double score) {
    if (score <= best) return ++since_best, false;
    best = score;
    since_best = 0;
    return true;
  }
  bool exhausted() const { return patience > 0 && since_best > patience; }
};

[[noreturn]] void explain_memory(const TrainConfig& c, const StageConfig& s, const char* what) {
  throw Error(fmt::format("{}: network {}, crop {}, batch {} in {} do not fit in memory; take a smaller batch or crop", what, c.network.name, s.crop, s.batch,
                          c.precision));
}

void run_epochs(const TrainConfig& c, size_t index, const StageTiles& tiles, LinkNet& network, EpochLog& log) {
  const StageConfig& s = c.stages[index];
  const std::string folder = stage_folder(c, index);
  const WeightsInfo info{c.network.name, c.network.bands, c.network.classes, tiles.train->input(), s.threshold};
  Trainer trainer(network, {make_loss(s.loss), s.optimizer, precision_of(c)});
  Loader loader(tiles.train, loader_options(c, s, index));
  Monitor monitor{s.monitor == "validation_iou" || (s.monitor == "auto" && tiles.validation), s.patience};
  if (s.epochs == 0) save_weights(folder + "/best.safetensors", network, info);
  for (int epoch = 0; epoch < s.epochs; ++epoch) {
    const EpochResult r = run_epoch(s, epoch, loader, trainer);
    json line = describe(s, epoch, r);
    const bool validated = tiles.validation && ((epoch + 1) % s.validate_every == 0 || epoch + 1 == s.epochs);
    if (validated) {
      const auto start = Clock::now();
      const Validation v = validate(network, tiles.validation, precision_of(c), s.views, s.threshold);
      describe(line, v, seconds_since(start));
    }
    const bool judged = validated || !monitor.by_validation;
    const bool best = judged && monitor.better(monitor.by_validation ? line["validation"]["iou"].get<double>() : -r.loss);
    line["best"] = best;
    save_weights(folder + "/last.safetensors", network, info);
    if (best) save_weights(folder + "/best.safetensors", network, info);
    log.write(line);
    log_line(summary(s, line) + (best ? "  *" : ""));
    if (monitor.exhausted()) {
      log_line(fmt::format("{}: stopped after {} epochs without a better {}", s.name, monitor.since_best, monitor.by_validation ? "validation IoU" : "training loss"));
      break;
    }
  }
}

}  // namespace

EpochLog::EpochLog(const std::string& path) : path_(path), file_(path) { PPL_CHECK(file_, path, ": cannot be written"); }

void EpochLog::write(const json& line) {
  file_ << line.dump() << std::endl;
  PPL_CHECK(file_, path_, ": cannot be written");
}

std::string stage_folder(const TrainConfig& c, size_t stage) { return c.run + "/" + c.stages[stage].name; }

void run_stage(const TrainConfig& c, size_t index, const StageTiles& tiles, LinkNet& network, EpochLog& log) {
  const StageConfig& s = c.stages[index];
  std::filesystem::create_directories(stage_folder(c, index));
  log_line(fmt::format("{}: {} on {} tiles, crop {}, batch {}, {}, loss {}, {} epochs", s.name, c.network.name, tiles.train->size(), s.crop, s.batch, c.precision, s.loss, s.epochs));
  reset_peak_memory(Device::cpu);
  try {
    run_epochs(c, index, tiles, network, log);
  } catch (const OutOfMemory& e) {
    explain_memory(c, s, e.what());
  } catch (const std::bad_alloc&) {
    explain_memory(c, s, "out of memory");
  }
  log_line(fmt::format("{}: peak memory of tensors {} MiB", s.name, memory_use(Device::cpu).peak >> 20));
}

}  // namespace ppl::apps
