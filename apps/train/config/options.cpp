#include "apps/train/config/options.h"

#include <algorithm>

#include "engine/random.h"
#include "models/losses.h"

namespace ppl::apps {

DType precision_of(const TrainConfig& c) { return c.precision == "bf16" ? DType::bf16 : DType::f32; }

LoaderOptions loader_options(const TrainConfig& c, int64_t stage, const StageTiles& tiles, const Communication& ranks,
                             Device device) {
  const StageConfig& s = c.stages[static_cast<size_t>(stage)];
  LoaderOptions o;
  o.batch = s.batch;
  o.crop = tiles.crop;
  o.drop_last = s.drop_last;
  if (s.augment.on)
    o.augmentation = s.augment;
  else
    o.augmentation = Augmentation{.probability = 0};  // a crop at a random place
  o.empty_crops = s.crops.empty;
  o.dtype = precision_of(c);
  o.seed = Random(c.seed, stage, 0xda7a).bits();
  o.threads = c.workers;
  o.prefetch = std::max(o.prefetch, 2 * s.accumulate);
  o.tiles_per_epoch = s.tiles_per_epoch;
  if (s.tiles_per_epoch > 0) o.shares = tiles.shares;
  o.weights = {s.pixel_weights.map, s.pixel_weights.foreground};
  o.raw = device != Device::cpu;
  o.rank = ranks.rank();
  o.ranks = ranks.ranks();
  return o;
}

TrainerOptions trainer_options(const TrainConfig& c, const StageConfig& s, Communication& ranks) {
  TrainerOptions o{make_loss(s.loss), s.optimizer, precision_of(c)};
  o.ema_decay = s.ema_decay;
  o.graph = c.graph;
  o.ranks.communication = &ranks;
  o.ranks.wire = c.ranks.wire == "bf16" ? Wire::bf16 : Wire::f32;
  o.ranks.bucket_bytes = static_cast<int64_t>(c.ranks.bucket_mib * 1048576);
  o.ranks.sync_norm = c.ranks.norm == "sync";
  return o;
}

}  // namespace ppl::apps
