#include "apps/predict/result_files.h"

#include "models/inference/class_numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/image/palette_png.h"
#include "io/image/scene.h"

namespace ppl::apps {
namespace {

constexpr uint8_t kNoData = 255;

SceneType scene_type(ProbabilityFormat format) {
  if (format == ProbabilityFormat::f16) return SceneType::f16;
  return format == ProbabilityFormat::f32 ? SceneType::f32 : SceneType::u8;
}

bool in_bytes(ProbabilityFormat format) { return format == ProbabilityFormat::png || format == ProbabilityFormat::u8; }

uint8_t to_byte(float p) { return static_cast<uint8_t>(std::lround(p * 255)); }

// Of one class, with what stands where there is no data.
std::vector<float> plane_of(const Part& part, int c, int classes) {
  std::vector<float> plane(part.valid.size());
  for (size_t i = 0; i < plane.size(); ++i) {
    plane[i] = part.valid[i] ? part.probability[i * static_cast<size_t>(classes) + static_cast<size_t>(c)]
                             : std::numeric_limits<float>::quiet_NaN();
  }
  return plane;
}

}  // namespace

// One file of values: a TIFF in parts, or a PNG that is held until it is written.
class ResultFiles::Planes {
 public:
  enum class Png { none, bits, bytes, palette };

  Planes(std::string path, const ResultSpec& spec, Png png, SceneType type, int bands, std::optional<double> no_data)
      : path_(std::move(path)), height_(spec.height), width_(spec.width), png_(png) {
    if (png != Png::none) return;
    const SceneWriter::Spec file{type,       spec.height, spec.width, bands,   spec.block,
                                 spec.place, no_data,     spec.note,  spec.cog};
    tiff_ = std::make_unique<SceneWriter>(path_, file);
  }

  void write(int band, const Part& part, const std::vector<uint8_t>& bytes) {
    if (tiff_) return tiff_->write(band, part.row, part.column, part.height, part.width, bytes.data());
    PPL_CHECK(part.height == height_ && part.width == width_, path_, ": a PNG is not written in parts");
    held_ = bytes;
  }
  void write(int band, const Part& part, const std::vector<float>& values) {
    tiff_->write(band, part.row, part.column, part.height, part.width, values.data());
  }

  void commit() {
    if (tiff_) return tiff_->commit();
    if (png_ == Png::bytes) return write_index_png(path_, held_.data(), height_, width_);
    if (png_ == Png::palette) return write_palette_png(path_, held_.data(), height_, width_);
    std::replace(held_.begin(), held_.end(), kNoData, uint8_t{0});  // one bit has no room for it
    write_mask_png(path_, held_.data(), height_, width_);
  }

 private:
  const std::string path_;
  const int64_t height_, width_;
  const Png png_;
  std::unique_ptr<SceneWriter> tiff_;
  std::vector<uint8_t> held_;
};

ResultFiles::ResultFiles(const ResultSpec& spec) : spec_(spec) {
  using Png = Planes::Png;
  const Png png_mask = spec.certain_background ? Png::palette : spec.classes == 1 ? Png::bits : Png::bytes;
  const Png mask = spec.format == MaskFormat::tif ? Png::none : png_mask;
  mask_ = std::make_unique<Planes>(spec.mask, spec_, mask, SceneType::u8, 1, kNoData);
  const Png png = spec.probability_format == ProbabilityFormat::png ? Png::bytes : Png::none;
  const SceneType type = scene_type(spec.probability_format);
  std::optional<double> no_data;
  if (type != SceneType::u8) no_data = std::numeric_limits<double>::quiet_NaN();
  const int bands = spec.probabilities.size() == 1 ? spec.classes : 1;
  for (const std::string& path : spec.probabilities)
    probabilities_.push_back(std::make_unique<Planes>(path, spec_, png, type, bands, no_data));
}

ResultFiles::~ResultFiles() = default;

std::vector<uint8_t> ResultFiles::write(Part part) {
  // Means of rounded numbers may be a little more than 1.
  for (float& p : part.probability) p = std::clamp(p, 0.0f, 1.0f);
  std::vector<uint8_t> mask =
      class_numbers(part.probability.data(), part.height * part.width, spec_.classes, spec_.threshold);
  for (size_t i = 0; i < mask.size(); ++i) {
    if (!part.valid[i]) {
      mask[i] = kNoData;
      continue;
    }
    const auto p = part.probability.begin() + static_cast<std::ptrdiff_t>(i) * spec_.classes;
    const float best = *std::max_element(p, p + spec_.classes);
    confidence_ += std::max(best, 1 - best);
    ++valid_;
    foreground_ += mask[i] > 0;
    if (mask[i] == 0 && spec_.certain_background && best > *spec_.certain_background) mask[i] = kNoData;
  }
  mask_->write(0, part, mask);
  for (int c = 0; !probabilities_.empty() && c < spec_.classes; ++c) write_probability(part, c);
  return mask;
}

void ResultFiles::write_probability(const Part& part, int c) {
  const bool one_file = probabilities_.size() == 1;
  Planes& file = *probabilities_[one_file ? 0 : static_cast<size_t>(c)];
  const int band = one_file ? c : 0;
  const std::vector<float> plane = plane_of(part, c, spec_.classes);
  if (!in_bytes(spec_.probability_format)) return file.write(band, part, plane);
  std::vector<uint8_t> bytes(plane.size());
  std::transform(plane.begin(), plane.end(), bytes.begin(),
                 [](float p) { return std::isnan(p) ? uint8_t{0} : to_byte(p); });
  file.write(band, part, bytes);
}

void ResultFiles::commit_probabilities() {
  for (const auto& file : probabilities_) file->commit();
}

void ResultFiles::commit_mask() { mask_->commit(); }

TileRecord ResultFiles::record(const std::string& id, double seconds) const {
  const double pixels = static_cast<double>(std::max<int64_t>(1, valid_));
  return {id, static_cast<double>(foreground_) / pixels, confidence_ / pixels, seconds, ""};
}

}  // namespace ppl::apps
