#include "apps/predict/folder/large_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/common/log.h"

namespace ppl::apps {

// What the network is given of one window, and whether there is data where its result is used.
struct LargeImages::Window {
  Image pixels;
  std::vector<uint8_t> valid;
  bool wanted = false;
};

namespace {

// Values of a rectangle of [.., width, channels].
std::vector<uint8_t> rectangle(const std::vector<uint8_t>& from, int64_t width, int64_t channels, Range rows,
                               Range columns) {
  std::vector<uint8_t> part;
  part.reserve(static_cast<size_t>(rows.size() * columns.size() * channels));
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const auto line = from.begin() + y * width * channels;
    part.insert(part.end(), line + columns.begin * channels, line + columns.end * channels);
  }
  return part;
}

}  // namespace

void check_windows(const PredictOptions& o) {
  PPL_CHECK(o.window % 32 == 0 && o.overlap % 16 == 0 && 2 * o.overlap <= o.window, "windows of ", o.window,
            " with overlap ", o.overlap, ": expected multiples of 32 and 16, and an overlap of at most half a window");
}

bool LargeImages::is_large(const Image& image) const {
  const int64_t side = options_.windows_above;
  return image.height * image.width > side * side;
}

void LargeImages::tell(const std::string& path, const Image& image) {
  if (std::exchange(told_, true)) return;
  log_line(
      fmt::format("predict: {}: {} x {} pixels; images of more than {} x {} go in windows of {} that overlap by "
                  "{} (--windows-above, --window, --overlap)",
                  path, image.width, image.height, options_.windows_above, options_.windows_above, options_.window,
                  options_.overlap));
}

LargeImages::Window LargeImages::window(const Image& image, const std::vector<uint8_t>& valid, const WindowAxis& rows,
                                        int64_t i, const WindowAxis& columns, int64_t j) {
  const Range down = rows.seen(i), across = columns.seen(j);
  const std::vector<uint8_t> bytes = rectangle(image.bytes, image.width, image.bands, down, across);
  Window w{{down.size(), across.size(), image.bands, image.depth, bytes}, {}, true};
  if (valid.empty()) return w;
  w.valid = rectangle(valid, image.width, 1, down, across);
  const std::vector<uint8_t> used = rectangle(valid, image.width, 1, rows.used(i), columns.used(j));
  w.wanted = std::find(used.begin(), used.end(), 1) != used.end();
  return w;
}

void LargeImages::blend(const std::vector<Window>& windows, Blender& blender, const Blender::Emit& emit) {
  std::vector<const Image*> images;
  std::vector<const std::vector<uint8_t>*> flags;
  for (const Window& w : windows) {
    if (!w.wanted) continue;
    images.push_back(&w.pixels);
    flags.push_back(w.valid.empty() ? nullptr : &w.valid);
  }
  if (!images.empty()) ensemble_.begin(images, flags);
  const Tensor found = images.empty() ? Tensor() : ensemble_.finish();
  const float* next = images.empty() ? nullptr : found.data<float>();
  for (const Window& w : windows) {
    blender.add(w.wanted ? next : nullptr, emit);
    if (w.wanted) next += w.pixels.height * w.pixels.width * ensemble_.classes();
  }
}

std::vector<float> LargeImages::predict(const std::string& path, const Image& image,
                                        const std::vector<uint8_t>& valid) {
  tell(path, image);
  const WindowAxis rows(image.height, options_.window, options_.overlap);
  const WindowAxis columns(image.width, options_.window, options_.overlap);
  const int64_t classes = ensemble_.classes(), batch = std::max(1, options_.batch);
  Blender blender(rows, columns, classes);
  std::vector<float> probability(static_cast<size_t>(image.height * image.width * classes));
  const auto put = [&](int64_t row, int64_t column, int64_t height, int64_t width, const float* data) {
    for (int64_t y = 0; y < height; ++y)
      std::copy_n(data + y * width * classes, width * classes,
                  probability.begin() + ((row + y) * image.width + column) * classes);
  };
  while (!blender.done()) {
    std::vector<Window> windows;
    const int64_t row = blender.next_row(), begin = blender.next_column();
    for (int64_t j = begin; j < std::min(columns.count(), begin + batch); ++j)
      windows.push_back(window(image, valid, rows, row, columns, j));
    blend(windows, blender, put);
  }
  return probability;
}

}  // namespace ppl::apps
