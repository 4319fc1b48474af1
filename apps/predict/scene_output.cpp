#include "apps/predict/scene_output.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "apps/predict/vectors.h"
#include "models/inference/class_numbers.h"

namespace ppl::apps {
namespace {

constexpr uint8_t kNoData = 255;

SceneType type_named(const std::string& name) {
  return name == "u8" || name == "png" ? SceneType::u8 : name == "f16" ? SceneType::f16 : SceneType::f32;
}

// The largest power of two up to 512 that divides the stride, so that blocks of the file are written once.
int64_t block_side(int64_t stride) {
  int64_t side = 16;
  while (side < 512 && stride % (2 * side) == 0) side *= 2;
  return side;
}

}  // namespace

SceneOutput::SceneOutput(const PredictOptions& o, const SceneSource& scene, const Ensemble& ensemble)
    : options_(o), place_(scene.georeference()), classes_(ensemble.classes()), threshold_(ensemble.threshold()) {
  check_vectors(o, classes_);
  if (!o.vectors.empty()) foreground_bits_ = BitImage(scene.height(), scene.width());
  SceneWriter::Spec spec{SceneType::u8, scene.height(), scene.width(), 1, block_side(o.window - o.overlap),
                         place_,        kNoData,        o.cog};
  mask_ = std::make_unique<SceneWriter>(o.out, spec);
  if (o.probabilities.empty()) return;
  spec.type = type_named(o.probabilities);
  spec.bands = classes_;
  spec.no_data.reset();
  if (spec.type != SceneType::u8) spec.no_data = std::numeric_limits<double>::quiet_NaN();
  bytes_ = spec.type == SceneType::u8;
  const std::filesystem::path out(o.out);
  probability_ =
      std::make_unique<SceneWriter>((out.parent_path() / (out.stem().string() + "_prob.tif")).string(), spec);
}

void SceneOutput::write(ScenePart part) {
  for (float& p : part.probability) p = p > 1 ? 1 : p;  // rounded weights may sum to a little more than 1
  const int64_t pixels = part.height * part.width;
  std::vector<uint8_t> mask = class_numbers(part.probability.data(), pixels, classes_, threshold_);
  for (size_t i = 0; i < mask.size(); ++i) {
    if (!part.valid[i]) {
      mask[i] = kNoData;
      continue;
    }
    const auto p = part.probability.begin() + static_cast<std::ptrdiff_t>(i) * classes_;
    const float best = *std::max_element(p, p + classes_);
    confidence_ += std::max(best, 1 - best);
    ++valid_;
    foreground_ += mask[i] > 0;
    if (foreground_bits_.height() > 0 && mask[i] == options_.label) {
      const auto at = static_cast<int64_t>(i);
      foreground_bits_.set(part.row + at / part.width, part.column + at % part.width);
    }
  }
  mask_->write(0, part.row, part.column, part.height, part.width, mask.data());
  for (int c = 0; probability_ && c < classes_; ++c) write_probability(part, c);
}

void SceneOutput::write_probability(const ScenePart& part, int c) {
  std::vector<float> plane(part.valid.size());
  std::vector<uint8_t> bytes(bytes_ ? plane.size() : 0);
  for (size_t i = 0; i < plane.size(); ++i) {
    const float p = part.probability[i * static_cast<size_t>(classes_) + static_cast<size_t>(c)];
    plane[i] = part.valid[i] ? p : std::numeric_limits<float>::quiet_NaN();
    if (bytes_) bytes[i] = part.valid[i] ? static_cast<uint8_t>(std::lround(std::clamp(p, 0.0f, 1.0f) * 255)) : 0;
  }
  if (bytes_)
    probability_->write(c, part.row, part.column, part.height, part.width, bytes.data());
  else
    probability_->write(c, part.row, part.column, part.height, part.width, plane.data());
}

void SceneOutput::commit() {
  if (probability_) probability_->commit();
  mask_->commit();
  if (options_.vectors.empty()) return;
  const std::string id = std::filesystem::path(options_.out).stem().string();
  write_vectors_of(options_, std::move(foreground_bits_), id, place_);
}

TileRecord SceneOutput::record(double seconds) const {
  const double pixels = static_cast<double>(std::max<int64_t>(1, valid_));
  return {std::filesystem::path(options_.out).stem().string(), static_cast<double>(foreground_) / pixels,
          confidence_ / pixels, seconds, ""};
}

}  // namespace ppl::apps
