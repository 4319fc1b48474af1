#include "apps/predict/scene/margin.h"

#include <algorithm>

#include "io/image/white_margin.h"

namespace ppl::apps {
namespace {

constexpr int64_t kThinnedSide = 4096;

}  // namespace

WhiteMargin::WhiteMargin(const SceneSource& scene)
    : step_(ceil_div(std::max(scene.height(), scene.width()), kThinnedSide)) {
  const Image thinned = scene.read_thinned(step_);
  margin_ = white_margins(thinned);
  height_ = thinned.height;
  width_ = thinned.width;
  there_ = std::find(margin_.begin(), margin_.end(), 1) != margin_.end();
}

void WhiteMargin::take_out(const Image& part, int64_t row, int64_t column, std::vector<uint8_t>& valid) const {
  if (!there_) return;
  const std::vector<uint8_t> white = white_pixels(part);
  for (int64_t y = 0; y < part.height; ++y) {
    for (int64_t x = 0; x < part.width; ++x) {
      const auto i = static_cast<size_t>(y * part.width + x);
      if (white[i] && near_margin((row + y) / step_, (column + x) / step_)) valid[i] = 0;
    }
  }
}

bool WhiteMargin::near_margin(int64_t row, int64_t column) const {
  for (int64_t y = std::max<int64_t>(0, row - 1); y <= std::min(height_ - 1, row + 1); ++y)
    for (int64_t x = std::max<int64_t>(0, column - 1); x <= std::min(width_ - 1, column + 1); ++x)
      if (margin_[static_cast<size_t>(y * width_ + x)]) return true;
  return false;
}

}  // namespace ppl::apps
