// adaptive_average_pool, bilinear_resize, upsample_add.
#include <algorithm>
#include <cmath>

#include "tests/support/op_case.h"

namespace ppl {
namespace {

std::vector<double> pool(const HostMap& x, int64_t grid) {
  std::vector<double> y;
  const int64_t h = x.shape[1], w = x.shape[2];
  for (int64_t i = 0; i < x.shape[0] * grid * grid * x.shape[3]; ++i) {
    const int64_t c = i % x.shape[3], gx = i / x.shape[3] % grid, gy = i / x.shape[3] / grid % grid,
                  n = i / x.shape[3] / grid / grid;
    double total = 0, count = 0;
    for (int64_t iy = gy * h / grid; iy * grid < (gy + 1) * h; ++iy) {
      for (int64_t ix = gx * w / grid; ix * grid < (gx + 1) * w; ++ix) total += x.at(n, iy, ix, c), ++count;
    }
    y.push_back(total / count);
  }
  return y;
}

std::vector<double> resize(const HostMap& x, int64_t oh, int64_t ow) {
  std::vector<double> y;
  const int64_t h = x.shape[1], w = x.shape[2];
  for (int64_t i = 0; i < x.shape[0] * oh * ow * x.shape[3]; ++i) {
    const int64_t c = i % x.shape[3], ox = i / x.shape[3] % ow, oy = i / x.shape[3] / ow % oh,
                  n = i / x.shape[3] / ow / oh;
    const double sy = std::max(0.0, (oy + 0.5) * h / oh - 0.5), sx = std::max(0.0, (ox + 0.5) * w / ow - 0.5);
    const auto y0 = static_cast<int64_t>(sy), x0 = static_cast<int64_t>(sx);
    const int64_t y1 = std::min(y0 + 1, h - 1), x1 = std::min(x0 + 1, w - 1);
    const double fy = sy - y0, fx = sx - x0;
    y.push_back((1 - fy) * ((1 - fx) * x.at(n, y0, x0, c) + fx * x.at(n, y0, x1, c)) +
                fy * ((1 - fx) * x.at(n, y1, x0, c) + fx * x.at(n, y1, x1, c)));
  }
  return y;
}

OpCase pool_case(Shape x, int grid) {
  return {.name = cat("adaptive_average_pool ", grid, " of ", to_string(x)),
          .inputs = {{x}},
          .run = [=](const std::vector<Tensor>& in) { return adaptive_average_pool(in[0], grid); },
          .oracle = [=](const std::vector<HostMap>& in) { return pool(in[0], grid); }};
}

OpCase resize_case(Shape x, int64_t h, int64_t w) {
  return {.name = cat("bilinear_resize ", to_string(x), " to ", h, "x", w),
          .inputs = {{x}},
          .run = [=](const std::vector<Tensor>& in) { return bilinear_resize(in[0], h, w); },
          .oracle = [=](const std::vector<HostMap>& in) { return resize(in[0], h, w); }};
}

OpCase upsample_case(Shape x, Shape skip, Shape network_x, Shape network_skip) {
  const auto size = static_cast<double>(numel(network_skip)), small = static_cast<double>(numel(network_x));
  return {.name = cat("upsample_add ", to_string(x), " to ", to_string(skip)),
          .inputs = {{x}, {skip}},
          .run = [](const std::vector<Tensor>& in) { return upsample_add(in[0], in[1]); },
          .oracle =
              [](const std::vector<HostMap>& in) {
                std::vector<double> y = resize(in[0], in[1].shape[1], in[1].shape[2]);
                for (size_t i = 0; i < y.size(); ++i) y[i] += in[1].values[i];
                return y;
              },
          .network = {{network_x}, {network_skip}},
          .forward = {2 * size + small},
          .backward = {size + small}};
}

const AddCases cases{{
    pool_case({2, 7, 5, 3}, 1),
    pool_case({1, 7, 9, 16}, 3),
    pool_case({1, 4, 5, 33}, 6),
    pool_case({3, 1, 1, 5}, 2),
    resize_case({2, 3, 4, 5}, 7, 9),
    resize_case({1, 1, 1, 16}, 5, 4),
    resize_case({1, 8, 9, 33}, 3, 4),
    resize_case({1, 6, 6, 1}, 13, 6),
    upsample_case({2, 3, 4, 16}, {2, 6, 8, 16}, {1, 64, 64, 64}, {1, 128, 128, 64}),
}};

}  // namespace
}  // namespace ppl
