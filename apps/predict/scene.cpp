#include "apps/predict/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "apps/common/log.h"
#include "apps/predict/ensemble.h"
#include "apps/predict/pipeline.h"
#include "io/scene.h"
#include "io/white_margin.h"
#include "models/inference/windows.h"

namespace ppl::apps {
namespace {

constexpr uint8_t kNoData = 255;
constexpr int64_t kThinnedSide = 4096;  // of the picture in which white margins are looked for

// What the network sees of one window.
struct Seen {
  int64_t row = 0, column = 0;  // in windows
  Image picture;                // 8 bit
  std::vector<uint8_t> valid;   // as the picture: 1 where there is data
  bool wanted = false;          // there is data where the window is used
};

// A part of the result.
struct Finished {
  int64_t row = 0, column = 0, height = 0, width = 0;
  std::vector<float> probability;  // [height, width, classes]
  std::vector<uint8_t> valid;
};

// White margins, found in a thinned picture so that the scene's size does not matter: a pixel belongs to one where it
// is white and its place in the thinned picture, or a neighbour of that, does.
class WhiteMargin {
 public:
  explicit WhiteMargin(const SceneReader& scene)
      : step_(ceil_div(std::max(scene.height(), scene.width()), kThinnedSide)) {
    const Image thinned = scene.read_thinned(step_);
    margin_ = white_margins(thinned);
    height_ = thinned.height;
    width_ = thinned.width;
    there_ = std::find(margin_.begin(), margin_.end(), 1) != margin_.end();
  }

  void take_out(const Image& part, int64_t row, int64_t column, std::vector<uint8_t>& valid) const {
    if (!there_) return;
    const std::vector<uint8_t> white = white_pixels(part);
    for (int64_t y = 0; y < part.height; ++y) {
      for (int64_t x = 0; x < part.width; ++x) {
        const auto i = static_cast<size_t>(y * part.width + x);
        if (white[i] && near_margin((row + y) / step_, (column + x) / step_)) valid[i] = 0;
      }
    }
  }

 private:
  bool near_margin(int64_t row, int64_t column) const {
    for (int64_t y = std::max<int64_t>(0, row - 1); y <= std::min(height_ - 1, row + 1); ++y)
      for (int64_t x = std::max<int64_t>(0, column - 1); x <= std::min(width_ - 1, column + 1); ++x)
        if (margin_[static_cast<size_t>(y * width_ + x)]) return true;
    return false;
  }

  int64_t step_, height_ = 0, width_ = 0;
  bool there_ = false;
  std::vector<uint8_t> margin_;
};

InputSpec scene_input(const PredictOptions& o, const InputSpec& of_weights, const SceneReader& scene) {
  InputSpec spec = of_weights;
  if (o.stretch == "scene") {
    const Percentiles p = scene_percentiles(scene, o.window, 2, 98);
    spec.stretch_low = p.low;
    spec.stretch_high = p.high;
  }
  PPL_CHECK(scene.depth() == 8 || !spec.stretch_low.empty(), o.images,
            ": 16-bit values, but the weights have no stretch; --stretch scene takes the scene's percentiles");
  return spec;
}

// A rectangle of the flags of a window.
std::vector<uint8_t> part_of(const std::vector<uint8_t>& from, int64_t from_width, int64_t row, int64_t column,
                             int64_t height, int64_t width) {
  std::vector<uint8_t> out;
  for (int64_t y = 0; y < height; ++y) {
    const auto begin = from.begin() + ((row + y) * from_width + column);
    out.insert(out.end(), begin, begin + width);
  }
  return out;
}

SceneType type_named(const std::string& name) {
  return name == "u8" || name == "png" ? SceneType::u8 : name == "f16" ? SceneType::f16 : SceneType::f32;
}

// The largest power of two up to 512 that divides the stride, so that blocks of the file are written once.
int64_t block_side(int64_t stride) {
  int64_t side = 16;
  while (side < 512 && stride % (2 * side) == 0) side *= 2;
  return side;
}

class SceneOutput {
 public:
  SceneOutput(const PredictOptions& o, const SceneReader& scene, const Ensemble& ensemble)
      : classes_(ensemble.classes()), threshold_(ensemble.threshold()) {
    SceneWriter::Spec spec{SceneType::u8,        scene.height(), scene.width(), 1, block_side(o.window - o.overlap),
                           scene.georeference(), kNoData};
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

  void write(const Finished& part) {
    const int64_t pixels = part.height * part.width;
    std::vector<uint8_t> mask = class_numbers(part.probability.data(), pixels, classes_, threshold_);
    for (size_t i = 0; i < mask.size(); ++i) {
      if (!part.valid[i]) mask[i] = kNoData;
      valid_ += part.valid[i];
      foreground_ += part.valid[i] && mask[i] > 0;
    }
    mask_->write(0, part.row, part.column, part.height, part.width, mask.data());
    for (int c = 0; probability_ && c < classes_; ++c) write_probability(part, c);
  }

  void commit() {
    if (probability_) probability_->commit();
    mask_->commit();
  }

  double foreground_share() const {
    return valid_ == 0 ? 0 : static_cast<double>(foreground_) / static_cast<double>(valid_);
  }
  int64_t valid() const { return valid_; }

 private:
  void write_probability(const Finished& part, int c) {
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

  int classes_;
  double threshold_;
  bool bytes_ = false;
  std::unique_ptr<SceneWriter> mask_, probability_;
  int64_t valid_ = 0, foreground_ = 0;
};

class ScenePrediction {
 public:
  ScenePrediction(const PredictOptions& o, const Ensemble& ensemble, const SceneReader& scene)
      : options_(o),
        ensemble_(ensemble),
        scene_(scene),
        spec_(scene_input(o, ensemble.input(), scene)),
        rows_(scene.height(), o.window, o.overlap),
        columns_(scene.width(), o.window, o.overlap),
        blender_(rows_, columns_, ensemble.classes()),
        progress_("predict: windows", rows_.count() * columns_.count()) {
    if (o.white_margin) margin_ = std::make_unique<WhiteMargin>(scene);
  }

  void read_all(BoundedQueue<Seen>& queue) const {
    for (int64_t i = 0; i < rows_.count(); ++i)
      for (int64_t j = 0; j < columns_.count(); ++j) queue.push(read(i, j));
  }

  void compute_all(BoundedQueue<Seen>& in, BoundedQueue<Finished>& out) {
    const auto limit = static_cast<size_t>(std::max(1, options_.batch));
    std::vector<Seen> batch;
    while (std::optional<Seen> seen = in.pop()) {
      batch.push_back(std::move(*seen));
      if (batch.size() == limit) compute(batch, out);
    }
    compute(batch, out);
  }

 private:
  Seen read(int64_t i, int64_t j) const {
    const Range rows = rows_.seen(i), columns = columns_.seen(j);
    SceneReader::Window window = scene_.read(rows.begin, columns.begin, rows.size(), columns.size());
    if (margin_) margin_->take_out(window.image, rows.begin, columns.begin, window.valid);
    Seen seen{i, j, stretch(std::move(window.image), spec_, options_.images), std::move(window.valid), false};
    const Range used_rows = rows_.used(i), used_columns = columns_.used(j);
    const std::vector<uint8_t> used =
        part_of(seen.valid, columns.size(), used_rows.begin - rows.begin, used_columns.begin - columns.begin,
                used_rows.size(), used_columns.size());
    seen.wanted = std::find(used.begin(), used.end(), 1) != used.end();
    return seen;
  }

  void compute(std::vector<Seen>& batch, BoundedQueue<Finished>& out) {
    std::vector<const Image*> pictures;
    std::vector<const std::vector<uint8_t>*> valid;
    for (const Seen& s : batch) {
      if (!s.wanted) continue;
      pictures.push_back(&s.picture);
      valid.push_back(&s.valid);
    }
    Tensor probability;
    if (!pictures.empty()) probability = ensemble_.probability(pictures, valid);
    const int64_t values = pictures.empty() ? 0 : probability.size() / probability.dim(0);
    const float* next = pictures.empty() ? nullptr : probability.data<float>();
    for (const Seen& s : batch) {
      blender_.add(s.wanted ? next : nullptr, [&](int64_t y, int64_t x, int64_t height, int64_t width, const float* p) {
        const Range rows = rows_.seen(s.row), columns = columns_.seen(s.column);
        std::vector<float> part(p, p + height * width * ensemble_.classes());
        for (float& value : part) value = std::min(value, 1.0f);  // rounded weights may sum to a little more than 1
        out.push({y, x, height, width, std::move(part),
                  part_of(s.valid, columns.size(), y - rows.begin, x - columns.begin, height, width)});
      });
      if (s.wanted) next += values;
      progress_.advance();
    }
    batch.clear();
  }

  const PredictOptions& options_;
  const Ensemble& ensemble_;
  const SceneReader& scene_;
  const InputSpec spec_;
  const WindowAxis rows_, columns_;
  Blender blender_;
  Progress progress_;
  std::unique_ptr<WhiteMargin> margin_;
};

}  // namespace

void predict_scene(const PredictOptions& o) {
  PPL_CHECK(o.window % 32 == 0 && o.overlap % 16 == 0, "windows of ", o.window, " with overlap ", o.overlap,
            ": expected multiples of 32 and 16");
  const Ensemble ensemble(o);
  const SceneReader scene(o.images, ensemble.input().bands, o.window);
  SceneOutput output(o, scene, ensemble);
  ScenePrediction prediction(o, ensemble, scene);
  run_pipeline<Seen, Finished>(
      2, [&](BoundedQueue<Seen>& queue) { prediction.read_all(queue); },
      [&](BoundedQueue<Seen>& in, BoundedQueue<Finished>& out) { prediction.compute_all(in, out); },
      [&](const Finished& part) { output.write(part); }, [] {});
  output.commit();
  log_line(fmt::format("predict: {}: {} of {} pixels with data, {:.2f} % of them foreground", o.out, output.valid(),
                       scene.height() * scene.width(), 100 * output.foreground_share()));
}

}  // namespace ppl::apps
