// Which values a configuration may have.
#include <algorithm>

#include "apps/train/config/config.h"
#include "engine/nearest_name.h"
#include "models/losses.h"
#include "models/networks.h"

namespace ppl::apps {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void check_one_of(const std::string& value, const std::vector<std::string>& known, const std::string& where) {
  PPL_CHECK(std::find(known.begin(), known.end(), value) != known.end(), "configuration: ", where, " is '", value,
            "'; the nearest known is '", nearest_name(value, known), "' of ", listed(known));
}

void check_range(double value, double low, double high, const std::string& where) {
  PPL_CHECK(value >= low && value <= high, "configuration: ", where, " must be from ", low, " to ", high, ", not ",
            value);
}

void check_sources(const StageConfig& s, const std::string& where) {
  PPL_CHECK(!s.train.empty(), "configuration: ", where, ".train is missing: a folder of tiles or a packed file");
  for (const auto* list : {&s.train, &s.validation}) {
    for (const SourceConfig& source : *list) {
      PPL_CHECK(!source.path.empty(), "configuration: ", where, ": a source of tiles has no path");
      PPL_CHECK(source.weight > 0 && source.weight <= 1e9, "configuration: ", where, ": the weight of ", source.path,
                " must be more than 0, not ", source.weight);
      check_range(source.ground_sample_distance, 0, 1000, where + ": ground_sample_distance of " + source.path);
      PPL_CHECK(list != &s.train || source.weight == s.train[0].weight || s.tiles_per_epoch > 0,
                "configuration: ", where, ": weights of sources need tiles_per_epoch, how many tiles an epoch has");
    }
  }
  check_range(static_cast<double>(s.tiles_per_epoch), 0, 1e9, where + ".tiles_per_epoch");
}

void check_augment(const AugmentConfig& a, const std::string& where) {
  check_range(a.probability, 0, 1, where + ".probability");
  check_range(a.hue, 0, 127, where + ".hue");
  check_range(a.saturation, 0, 255, where + ".saturation");
  check_range(a.value, 0, 255, where + ".value");
  check_range(a.shift, 0, 1, where + ".shift");
  check_range(a.scale, 0, 0.9, where + ".scale");
  check_range(a.aspect, 0, 0.9, where + ".aspect");
  check_range(a.turn, 0, 180, where + ".turn");
  check_range(a.resize, 1, 8, where + ".resize");
  check_range(a.gain, 0, 1, where + ".gain");
  check_range(a.blur, 0, 16, where + ".blur");
  check_range(a.cutout, 0, 1, where + ".cutout");
}

void check_stage(const StageConfig& s, const std::string& where) {
  check_sources(s, where);
  check_one_of(s.loss, loss_names(), where + ".loss");
  check_one_of(s.optimizer.name, optimizer_names(), where + ".optimizer.name");
  check_one_of(s.schedule.name, schedule_names(), where + ".schedule.name");
  check_one_of(s.monitor, {"auto", "validation_iou", "training_loss"}, where + ".monitor");
  check_one_of(s.bad_tiles, {"stop", "skip"}, where + ".bad_tiles");
  PPL_CHECK(s.monitor != "validation_iou" || !s.validation.empty(), "configuration: ", where,
            ".monitor is validation_iou without a validation folder");
  PPL_CHECK(!s.choose_threshold || !s.validation.empty(), "configuration: ", where,
            ".choose_threshold without validation tiles");
  PPL_CHECK(s.crop >= 32 && s.crop % 32 == 0, "configuration: ", where, ".crop must be a multiple of 32, not ", s.crop);
  PPL_CHECK(s.tta == 1 || s.tta == 4 || s.tta == 8, "configuration: ", where, ".tta must be 1, 4 or 8, not ", s.tta);
  check_augment(s.augment, where + ".augment");
  check_range(s.crops.empty, 0, 1, where + ".crops.empty");
  check_range(s.optimizer.weight_decay, 0, 1e3, where + ".optimizer.weight_decay");
  check_range(s.learning_rate, 0, 1e3, where + ".learning_rate");
  check_range(s.epochs, 0, 1e6, where + ".epochs");
  check_range(s.batch, 1, 65536, where + ".batch");
  check_range(s.accumulate, 1, 65536, where + ".accumulate");
  check_range(s.classes, 0, 254, where + ".classes");
  check_range(s.freeze_encoder_epochs, 0, 1e6, where + ".freeze_encoder_epochs");
  check_range(s.skip_not_finite, 0, 1e9, where + ".skip_not_finite");
  PPL_CHECK(s.ema_decay >= 0 && s.ema_decay < 1, "configuration: ", where,
            ".ema_decay must be from 0 to less than 1, not ", s.ema_decay);
  check_range(s.pixel_weights.map, 0, 1e6, where + ".pixel_weights.map");
  for (const double w : s.pixel_weights.foreground) check_range(w, 0, 1e6, where + ".pixel_weights.foreground");
  check_range(s.threshold, 0, 1, where + ".threshold");
  check_range(s.patience, 0, 1e6, where + ".patience");
  check_range(s.sheet_every, 0, 1e6, where + ".sheet_every");
  PPL_CHECK(s.sheet_every == 0 || !s.validation.empty(), "configuration: ", where,
            ".sheet_every without validation tiles");
  check_range(s.validate_every, 1, 1e6, where + ".validate_every");
  check_range(s.schedule.step_epochs, 1, 1e6, where + ".schedule.step_epochs");
}

}  // namespace

void check_config(const TrainConfig& c) {
  check_one_of(c.network.name, network_names(), "network.name");
  check_one_of(c.network.start, {"prior", "published"}, "network.start");
  for (const double p : c.network.prior)
    PPL_CHECK(p > 0 && p < 1, "configuration: network.prior must be shares between 0 and 1, not ", p);
  PPL_CHECK(c.network.prior.empty() || std::ssize(c.network.prior) == c.network.classes,
            "configuration: network.prior has ", c.network.prior.size(), " shares for ", c.network.classes, " classes");
  check_one_of(c.precision, {"f32", "bf16"}, "precision");
  check_range(c.workers, 1, 256, "workers");
  check_range(c.threads, 0, 4096, "threads");
  check_range(static_cast<double>(c.cache_mib), 0, 1e9, "cache_mib");
  check_range(c.checkpoint.every_minutes, 0, 1e6, "checkpoint.every_minutes");
  check_range(c.checkpoint.every_steps, 0, 1e9, "checkpoint.every_steps");
  check_one_of(c.ranks.norm, {"rank", "sync"}, "ranks.norm");
  check_one_of(c.ranks.wire, {"f32", "bf16"}, "ranks.wire");
  check_range(c.ranks.bucket_mib, 0, 4096, "ranks.bucket_mib");
  check_range(c.ranks.timeout_seconds, 1, 1e6, "ranks.timeout_seconds");
  check_range(c.checkpoint.keep, 1, 1000, "checkpoint.keep");
  PPL_CHECK(!c.run.empty(), "configuration: run is empty: the folder for weights and logs");
  PPL_CHECK(!c.stages.empty(), "configuration: stages is empty; one is enough");
  for (size_t i = 0; i < c.stages.size(); ++i) {
    const std::string where = "stages." + std::to_string(i);
    check_stage(c.stages[i], where);
    PPL_CHECK(!c.stages[i].choose_threshold || classes_of(c, c.stages[i]) == 1, "configuration: ", where,
              ".choose_threshold is for one class, not ", classes_of(c, c.stages[i]));
    const size_t given = c.stages[i].pixel_weights.foreground.size();
    PPL_CHECK(given == 0 || given == static_cast<size_t>(classes_of(c, c.stages[i])), "configuration: ", where,
              ".pixel_weights.foreground has ", given, " numbers for ", classes_of(c, c.stages[i]), " classes");
  }
}

}  // namespace ppl::apps
