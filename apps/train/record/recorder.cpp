#include "apps/train/record/recorder.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "apps/common/log.h"
#include "apps/train/team.h"

namespace ppl::apps {

std::string log_path(const TrainConfig& c) { return c.run + "/log.jsonl"; }
std::string event_path(const TrainConfig& c) { return c.run + "/events.out.tfevents.run"; }
std::string checkpoint_folder(const TrainConfig& c) { return c.run + "/checkpoints"; }

std::string stage_folder(const TrainConfig& c, int64_t stage) {
  return c.run + "/" + c.stages[static_cast<size_t>(stage)].name;
}

std::string stage_result(const TrainConfig& c, int64_t stage) {
  const bool average = c.stages[static_cast<size_t>(stage)].ema_decay > 0;
  return stage_folder(c, stage) + (average ? "/best_average.safetensors" : "/best.safetensors");
}

Recorder::Recorder(const TrainConfig& c, const Position& at, const Communication& ranks, bool profile)
    : writes_(apps::writes(ranks)) {
  if (profile) profile_.emplace();
  if (!writes_) return;
  log_ = std::make_unique<EpochLog>(log_path(c), at.log_bytes);
  events_ = std::make_unique<EventFile>(event_path(c), at.event_bytes);
  checkpoints_ = std::make_unique<Checkpoints>(checkpoint_folder(c), c.checkpoint.keep);
}

void Recorder::loss(const std::string& stage, int64_t step, double value) {
  if (writes_) events_->scalar(stage + "/step_loss", step, value);
}

void Recorder::epoch(const nlohmann::json& line) {
  if (!writes_) return;
  log_->write(line);
  if (line.at("loss").is_number()) {
    const double loss = line["loss"].get<double>();
    if (std::fabs(loss - last_loss_) <= 1e-6 * std::fabs(loss))
      log_line(fmt::format("{}: the loss did not move in this epoch: is learning_rate {} right for these tiles?",
                           line.at("stage").get<std::string>(), line.at("learning_rate").get<double>()));
    last_loss_ = loss;
  }
  const std::string stage = line.at("stage").get<std::string>();
  const int64_t epoch = line.at("epoch").get<int64_t>();
  const auto add = [&](const std::string& name, const nlohmann::json& value) {
    if (value.is_number()) events_->scalar(stage + "/" + name, epoch, value.get<double>());
  };
  for (const char* name : {"loss", "learning_rate", "images_per_second", "waiting"}) add(name, line.at(name));
  for (const char* part : {"validation", "validation_average"}) {
    if (!line.contains(part)) continue;
    for (const char* name : {"iou", "mean_iou", "f1", "precision", "recall"})
      add(std::string(part) + "_" + name, line.at(part).at(name));
  }
}

void Recorder::sheet(const std::string& folder, const std::string& stage, int64_t epoch, const Image& image) {
  if (!writes_) return;
  std::filesystem::create_directories(folder + "/sheets");
  write_png(fmt::format("{}/sheets/{:04}.png", folder, epoch), image);
  events_->image(stage + "/sheet", epoch, image);
}

void Recorder::checkpoint(const Checkpoint& c) {
  if (!writes_) return;
  Checkpoint noted = c;
  noted.position.event_bytes = events_->bytes();
  checkpoints_->save(noted);
}

}  // namespace ppl::apps
