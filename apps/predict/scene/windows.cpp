#include "apps/predict/scene/windows.h"

#include <algorithm>
#include <utility>

#include "apps/predict/pipeline.h"
#include "io/image/resample.h"

namespace ppl::apps {
namespace {

InputSpec scene_input(const PredictOptions& o, const InputSpec& of_weights, const SceneSource& scene,
                      const WhiteMargin* margin) {
  InputSpec spec = of_weights;
  if (o.stretch == Stretch::scene) {
    const Percentiles p = scene_percentiles(
        scene, o.window, 2, 98, [&](const Image& image, int64_t row, int64_t column, std::vector<uint8_t>& valid) {
          if (margin) margin->take_out(image, row, column, valid);
          if (spec.no_data) mark_no_data(image, *spec.no_data, valid);
        });
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

Zoom zoom_of(const PredictOptions& o, const InputSpec& of_weights, const SceneSource& scene) {
  const ImageScale scale(o, of_weights);
  scale.compare(scene.georeference(), scene.height(), scene.width());
  return scale.zoom(scene.georeference(), scene.height(), scene.width(), o.images);
}

// The scene's pixels that become a window of the network's. zoomed() gives at least 1, an overlap may be 0.
WindowAxis axis_of(int64_t extent, const PredictOptions& o, double zoom) {
  const int64_t window = zoomed(o.window, 1 / zoom);
  return {extent, window, std::min(window / 2, zoomed(o.overlap, 1 / zoom) - (o.overlap == 0))};
}

}  // namespace

SceneWindows::SceneWindows(const PredictOptions& o, Ensemble& ensemble, const SceneSource& scene)
    : options_(o),
      ensemble_(ensemble),
      scene_(scene),
      margin_(o.white_margin ? std::make_unique<WhiteMargin>(scene) : nullptr),
      spec_(scene_input(o, ensemble.input(), scene, margin_.get())),
      zoom_(zoom_of(o, ensemble.input(), scene)),
      rows_(axis_of(scene.height(), o, zoom_.down)),
      columns_(axis_of(scene.width(), o, zoom_.across)),
      blender_(rows_, columns_, ensemble.classes()),
      progress_("predict: windows", rows_.count() * columns_.count()) {}

void SceneWindows::read_all(BoundedQueue<Seen>& queue, Blocks& blocks) const {
  while (const std::optional<size_t> row = blocks.next())
    for (int64_t j = 0; j < columns_.count(); ++j) queue.push(read(static_cast<int64_t>(*row), j));
}

void SceneWindows::compute_all(BoundedQueue<Seen>& in, BoundedQueue<Finished>& out) {
  const auto limit = static_cast<size_t>(std::max(1, options_.batch));
  using Batch = std::vector<Seen>;
  UnderWay<Batch> under_way(ensemble_.ahead(), [&](const Batch& begun) { finish(begun, out); });
  Batch batch;
  while (std::optional<Seen> seen = under_way.next(in)) {
    // A batch ends with its row, so that it does not depend on who has the next one.
    const bool last = seen->column + 1 == columns_.count();
    batch.push_back(std::move(*seen));
    if (!last && batch.size() < limit) continue;
    begin(batch);
    under_way.add(std::exchange(batch, {}));
  }
}

Seen SceneWindows::read(int64_t i, int64_t j) const {
  const Range rows = rows_.seen(i), columns = columns_.seen(j);
  SceneSource::Window window = scene_.read(rows.begin, columns.begin, rows.size(), columns.size());
  if (margin_) margin_->take_out(window.image, rows.begin, columns.begin, window.valid);
  if (spec_.no_data) mark_no_data(window.image, *spec_.no_data, window.valid);
  Seen seen{i, j, {}, {}, 0, 0, std::move(window.valid), false};
  show(seen, stretch(std::move(window.image), spec_, options_.images));
  const Range used_rows = rows_.used(i), used_columns = columns_.used(j);
  const std::vector<uint8_t> used = part_of(seen.valid, columns.size(), used_rows.begin - rows.begin,
                                            used_columns.begin - columns.begin, used_rows.size(), used_columns.size());
  seen.wanted = std::find(used.begin(), used.end(), 1) != used.end();
  return seen;
}

void SceneWindows::show(Seen& seen, Image pixels) const {
  if (zoom_.resamples()) {
    // Whole windows are as large as was asked for.
    const auto length = [&](const WindowAxis& axis, int64_t size, double zoom) {
      return size == axis.stride() + axis.overlap() ? options_.window : zoomed(size, zoom);
    };
    const int64_t height = length(rows_, pixels.height, zoom_.down);
    const int64_t width = length(columns_, pixels.width, zoom_.across);
    seen.flags = seen.valid;
    pixels = resample(pixels, seen.flags, height, width);
  }
  seen.height = pixels.height;
  seen.width = pixels.width;
  seen.pixels = std::move(pixels);
}

void SceneWindows::begin(std::vector<Seen>& batch) {
  std::vector<const Image*> images;
  std::vector<const std::vector<uint8_t>*> valid;
  for (const Seen& s : batch) {
    if (!s.wanted) continue;
    images.push_back(&s.pixels);
    valid.push_back(zoom_.resamples() ? &s.flags : &s.valid);
  }
  if (!images.empty()) ensemble_.begin(images, valid);
  for (Seen& s : batch) s.pixels = {};
}

void SceneWindows::finish(const std::vector<Seen>& batch, BoundedQueue<Finished>& out) {
  const bool begun = std::any_of(batch.begin(), batch.end(), [](const Seen& s) { return s.wanted; });
  Tensor probability;
  if (begun) probability = ensemble_.finish();
  const int64_t values = begun ? probability.size() / probability.dim(0) : 0;
  const float* next = begun ? probability.data<float>() : nullptr;
  for (const Seen& s : batch) {
    std::vector<float> back;
    if (s.wanted && zoom_.resamples()) {
      back = resample({next, next + values}, s.height, s.width, ensemble_.classes(), rows_.seen(s.row).size(),
                      columns_.seen(s.column).size());
    }
    blend(s, !s.wanted ? nullptr : back.empty() ? next : back.data(), out);
    if (s.wanted) next += values;
    progress_.advance();
  }
}

void SceneWindows::blend(const Seen& s, const float* probability, BoundedQueue<Finished>& out) {
  if (options_.share && s.column == 0) blender_.start_row(s.row);
  blender_.add(probability, [&](int64_t y, int64_t x, int64_t height, int64_t width, const float* p) {
    const Range rows = rows_.seen(s.row), columns = columns_.seen(s.column);
    const bool last = s.column + 1 == columns_.count();
    out.push({s.row,
              s.column,
              {y, x, height, width, std::vector<float>(p, p + height * width * ensemble_.classes()),
               part_of(s.valid, columns.size(), y - rows.begin, x - columns.begin, height, width)},
              options_.share && last ? blender_.left_below() : std::vector<float>{}});
  });
}

}  // namespace ppl::apps
