#include "models/centre.h"

namespace ppl {
namespace {

std::unique_ptr<Conv2d> dilated(int in, int out, int level) {
  const int d = 1 << level;
  return std::make_unique<Conv2d>(in, out, 3, ConvOptions{.pad = d, .dilation = d});
}

}  // namespace

PyramidPool::Level::Level(int channels) : conv(channels, channels / 4, 1, {}, false) { child("1", conv); }

PyramidPool::Levels::Levels(int channels) : level{Level(channels), Level(channels), Level(channels), Level(channels)} {
  for (size_t i = 0; i < level.size(); ++i) child(std::to_string(i), level[i]);
}

PyramidPool::PyramidPool(int channels) : stages_(channels), bottleneck_(2 * channels, channels, 1, {}) {
  child("stages", stages_);
  child("bottleneck", bottleneck_);
}

Tensor PyramidPool::forward(const Tensor& x) const {
  const auto& l = stages_.level;
  return pyramid_pool(x, {l[0].conv.weight, l[1].conv.weight, l[2].conv.weight, l[3].conv.weight}, bottleneck_.weight,
                      bottleneck_.bias);
}

DilatedSum::DilatedSum(int channels, int count) {
  for (int i = 0; i < count; ++i) {
    dilate_.push_back(dilated(channels, channels, i));
    child("dilate" + std::to_string(i + 1), *dilate_.back());
  }
}

Tensor DilatedSum::forward(const Tensor& x) const {
  Tensor sum = x, y = x;
  for (const auto& conv : dilate_) {
    y = conv->forward(y, true);
    sum = add(sum, y);
  }
  return sum;
}

DilatedConcat::DilatedConcat(int channels) {
  for (int i = 0; i < 4; ++i) {
    dilate_.push_back(dilated(i == 0 ? channels : channels / 4, channels / 4, i));
    child("dilate" + std::to_string(i + 1), *dilate_.back());
  }
}

Tensor DilatedConcat::forward(const Tensor& x) const {
  std::vector<Tensor> parts{x};
  for (const auto& conv : dilate_) parts.push_back(conv->forward(parts.back(), true));
  return concat(parts);
}

}  // namespace ppl
