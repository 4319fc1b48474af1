// The keys of the configuration: one list serves reading and writing. A third argument is a key's old name, which is
// still read.
#pragma once

#include "apps/train/config/config.h"

namespace ppl::apps {

template <class V>
void visit(V& v, OptimizerOptions& o) {
  v("name", o.name);
  v("beta1", o.beta1);
  v("beta2", o.beta2);
  v("epsilon", o.epsilon);
  v("momentum", o.momentum);
  v("weight_decay", o.weight_decay);
  v("clip_norm", o.clip_norm);
}

template <class V>
void visit(V& v, ScheduleOptions& o) {
  v("name", o.name);
  v("power", o.power);
  v("gamma", o.gamma);
  v("step_epochs", o.step_epochs);
  v("warmup_epochs", o.warmup_epochs);
  v("per_step", o.per_step);
}

template <class V>
void visit(V& v, NetworkConfig& o) {
  v("name", o.name);
  v("bands", o.bands);
  v("classes", o.classes);
  v("start", o.start);
  v("prior", o.prior);
}

template <class V>
void visit(V& v, SourceConfig& o) {
  v("path", o.path);
  v("masks", o.masks);
  v("foreground", o.foreground);
  v("ground_sample_distance", o.ground_sample_distance);
  v("allow_empty", o.allow_empty);
  v("weight", o.weight);
}

template <class V>
void visit(V& v, PixelWeightConfig& o) {
  v("map", o.map);
  v("foreground", o.foreground);
}

template <class V>
void visit(V& v, AugmentConfig& o) {
  v("probability", o.probability);
  v("hue", o.hue);
  v("saturation", o.saturation);
  v("value", o.value);
  v("shift", o.shift);
  v("scale", o.scale);
  v("aspect", o.aspect);
  v("turn", o.turn);
  v("resize", o.resize);
  v("gain", o.gain);
  v("blur", o.blur);
  v("cutout", o.cutout);
}

template <class V>
void visit(V& v, CropConfig& o) {
  v("empty", o.empty);
}

template <class V>
void visit(V& v, StageConfig& o) {
  v("name", o.name);
  v("train", o.train);
  v("validation", o.validation);
  v("tiles_per_epoch", o.tiles_per_epoch);
  v("classes", o.classes);
  v("loss", o.loss);
  v("optimizer", o.optimizer);
  v("learning_rate", o.learning_rate, "rate");
  v("schedule", o.schedule);
  v("epochs", o.epochs);
  v("crop", o.crop);
  v("batch", o.batch);
  v("accumulate", o.accumulate);
  v("augment", o.augment);
  v("crops", o.crops);
  v("drop_last", o.drop_last);
  v("monitor", o.monitor);
  v("patience", o.patience);
  v("threshold", o.threshold);
  v("choose_threshold", o.choose_threshold);
  v("tta", o.tta, "views");
  v("sheet_every", o.sheet_every);
  v("validate_every", o.validate_every);
  v("freeze_encoder_epochs", o.freeze_encoder_epochs);
  v("ema_decay", o.ema_decay, "average_decay");
  v("pixel_weights", o.pixel_weights);
  v("skip_not_finite", o.skip_not_finite);
  v("bad_tiles", o.bad_tiles);
}

template <class V>
void visit(V& v, CheckpointConfig& o) {
  v("every_minutes", o.every_minutes);
  v("every_steps", o.every_steps);
  v("keep", o.keep);
}

template <class V>
void visit(V& v, RanksConfig& o) {
  v("norm", o.norm);
  v("wire", o.wire);
  v("bucket_mib", o.bucket_mib);
  v("timeout_seconds", o.timeout_seconds, "limit_seconds");
}

template <class V>
void visit(V& v, TrainConfig& o) {
  v("run", o.run);
  v("seed", o.seed);
  v("network", o.network);
  v("input", o.input);
  v("precision", o.precision);
  v("initial_weights", o.initial_weights);
  v("encoder_weights", o.encoder_weights);
  v("workers", o.workers);
  v("cache_mib", o.cache_mib);
  v("threads", o.threads);
  v("graph", o.graph);
  v("checkpoint", o.checkpoint);
  v("ranks", o.ranks);
  v("stages", o.stages);
}

}  // namespace ppl::apps
