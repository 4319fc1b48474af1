#include "apps/train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/common/log.h"
#include "engine/random.h"
#include "io/json_text.h"
#include "io/weights/safetensors.h"
#include "kernels/base.h"

namespace ppl::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

uint64_t add_to_checksum(uint64_t sum, const void* data, size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, std::min(sizeof word, size - i));
    sum = mix64(sum ^ word);
  }
  return mix64(sum ^ size);
}

// Over everything that is restored: names, values and metadata, but for the checksum itself.
std::string checksum(const NamedArrays& file) {
  uint64_t sum = 0;
  for (const auto& [name, array] : file.arrays) {
    sum = add_to_checksum(sum, name.data(), name.size());
    sum = add_to_checksum(sum, array.bytes.data(), array.bytes.size());
  }
  for (const auto& [key, value] : file.metadata) {
    if (key != "checksum") sum = add_to_checksum(sum, value.data(), value.size());
  }
  return fmt::format("{:016x}", sum);
}

json to_json(const Position& p) {
  json j{{"stage", p.stage},         {"epoch", p.epoch},     {"batch", p.batch},
         {"loss", p.loss},           {"losses", p.losses},   {"images", p.images},
         {"seconds", p.seconds},     {"skipped", p.skipped}, {"since_best", p.since_best},
         {"log_bytes", p.log_bytes}, {"ranks", p.ranks},     {"event_bytes", p.event_bytes}};
  if (p.best) j["best"] = *p.best;
  if (p.best_average) j["best_average"] = *p.best_average;
  if (p.best_loss) j["best_loss"] = *p.best_loss;
  if (p.finished) j["finished"] = true;
  return j;
}

Position position_from(const json& j) {
  Position p;
  j.at("stage").get_to(p.stage);
  j.at("epoch").get_to(p.epoch);
  j.at("batch").get_to(p.batch);
  j.at("loss").get_to(p.loss);
  j.at("images").get_to(p.images);
  j.at("seconds").get_to(p.seconds);
  j.at("since_best").get_to(p.since_best);
  j.at("log_bytes").get_to(p.log_bytes);
  j.at("losses").get_to(p.losses);
  j.at("skipped").get_to(p.skipped);
  j.at("ranks").get_to(p.ranks);
  j.at("event_bytes").get_to(p.event_bytes);
  if (j.contains("best")) p.best = j.at("best").get<double>();
  if (j.contains("best_average")) p.best_average = j.at("best_average").get<double>();
  if (j.contains("best_loss")) p.best_loss = j.at("best_loss").get<double>();
  p.finished = j.value("finished", false);
  return p;
}

Checkpoint read(const std::string& path) {
  Checkpoint c{{}, read_safetensors(path)};
  auto& metadata = c.state.metadata;
  PPL_CHECK(metadata.contains("checksum") && metadata.contains("position"), path, ": is not a checkpoint");
  PPL_CHECK(metadata["checksum"] == checksum(c.state), path, ": the checksum does not fit the content");
  try {
    c.position = position_from(json::parse(metadata["position"]));
  } catch (const json::exception& e) {
    throw Error(cat(path, ": ", json_problem(e)));
  }
  return c;
}

}  // namespace

Checkpoints::Checkpoints(std::string folder, int keep) : folder_(std::move(folder)), keep_(keep) {}

std::vector<std::string> Checkpoints::paths() const {
  std::vector<std::string> all;
  if (fs::is_directory(folder_)) {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ".safetensors") all.push_back(entry.path());
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

void Checkpoints::save(const Checkpoint& c) const {
  NamedArrays file = c.state;
  file.metadata["position"] = to_json(c.position).dump();
  file.metadata["checksum"] = checksum(file);
  fs::create_directories(folder_);
  const Position& p = c.position;
  const auto path = fmt::format("{}/{:03}-{:06}-{:07}.safetensors", folder_, p.stage, p.epoch, p.batch);
  write_safetensors(path, file);
  std::vector<std::string> all = paths();
  // What stands behind this position was damaged, or the run would have gone on from there.
  for (; all.back() != path; all.pop_back()) fs::remove(all.back());
  for (size_t i = 0; i + static_cast<size_t>(keep_) < all.size(); ++i) fs::remove(all[i]);
}

std::optional<Checkpoint> Checkpoints::newest(bool tell) const {
  const std::vector<std::string> all = paths();
  for (size_t i = all.size(); i-- > 0;) {
    try {
      return read(all[i]);
    } catch (const Error& e) {
      if (tell) log_error(cat("damaged checkpoint passed over: ", e.what()));
    }
  }
  PPL_CHECK(all.empty(), folder_, ": all ", all.size(), " checkpoints are damaged");
  return std::nullopt;
}

}  // namespace ppl::apps
