#include "apps/train/record/epoch_log.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/storage.h"

namespace ppl::apps {

using nlohmann::json;

json describe(const StageConfig& s, int64_t epoch, const EpochResult& r) {
  return {{"stage", s.name},
          {"epoch", epoch + 1},
          {"loss", r.loss ? json(*r.loss) : json()},
          {"learning_rate", r.learning_rate},
          {"seconds", r.seconds},
          {"images_per_second", r.images_per_second},
          {"waiting", r.waiting},
          {"peak_mib", memory_use(Device::cpu).peak >> 20}};
}

json describe(const Validation& v, double seconds) {
  const auto share = [&](int64_t pixels) {
    return v.counted > 0 ? static_cast<double>(pixels) / static_cast<double>(v.counted) : 0.0;
  };
  const Confusion& c = v.pixels;
  return {{"mean_iou", v.mean_iou},
          {"iou", c.iou()},
          {"f1", c.f1()},
          {"precision", c.precision()},
          {"recall", c.recall()},
          {"foreground", share(c.true_positive + c.false_positive)},
          {"true_foreground", share(c.true_positive + c.false_negative)},
          {"seconds", seconds}};
}

namespace {

// Of the stage, if its other epochs take as long as this one.
std::string time_left(const StageConfig& s, const json& line) {
  double seconds = line["seconds"].get<double>();
  for (const char* part : {"validation", "validation_average"})
    if (line.contains(part)) seconds += line[part]["seconds"].get<double>();
  const int64_t epochs = s.epochs - line["epoch"].get<int64_t>();
  if (epochs <= 0) return "";
  const auto left = static_cast<int64_t>(seconds * static_cast<double>(epochs));
  return fmt::format("  {}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
}

// What no good network does.
std::string doubt(const json& validation) {
  const double called = validation["foreground"].get<double>(), is = validation["true_foreground"].get<double>();
  if (called == 0 && is > 0) return " (calls nothing foreground)";
  if (called == 1 && is < 1) return " (calls everything foreground)";
  return "";
}

}  // namespace

std::string summary(const StageConfig& s, const json& line) {
  std::string text = fmt::format("{} {}/{}  {}  learning rate {:.2e}  {:.2f} images/s  waiting {:.1f} %", s.name,
                                 line["epoch"].get<int64_t>(), s.epochs,
                                 line["loss"].is_number() ? fmt::format("loss {:.5f}", line["loss"].get<double>())
                                                          : "no loss: every step was skipped",
                                 line["learning_rate"].get<double>(), line["images_per_second"].get<double>(),
                                 100 * line["waiting"].get<double>());
  if (line.contains("validation"))
    text += fmt::format("  validation IoU {:.4f} F1 {:.4f}", line["validation"]["iou"].get<double>(),
                        line["validation"]["f1"].get<double>()) +
            doubt(line["validation"]);
  if (line.contains("validation_average"))
    text += fmt::format("  of the average {:.4f}", line["validation_average"]["iou"].get<double>());
  return text + time_left(s, line);
}

EpochLog::EpochLog(const std::string& path, uint64_t keep) : path_(path), bytes_(keep) {
  if (keep > 0) {
    std::error_code failure;
    const uint64_t size = std::filesystem::file_size(path, failure);
    PPL_CHECK(!failure && size >= keep, path, ": is shorter than it was at the checkpoint (", keep, " bytes)");
    std::filesystem::resize_file(path, keep);
  }
  file_.open(path, keep > 0 ? std::ios::app : std::ios::trunc);
  PPL_CHECK(file_, path, ": cannot be written");
}

void EpochLog::write(const json& line) {
  const std::string text = line.dump() + "\n";
  file_ << text << std::flush;
  PPL_CHECK(file_, path_, ": cannot be written");
  bytes_ += text.size();
}

}  // namespace ppl::apps
