#include "tests/support/op_case.h"

namespace ppl {
namespace {

// Scatters each input pixel over the output, as the definition says.
OpCase::Oracle plain(ConvOptions o, bool relu) {
  return [=](const std::vector<HostMap>& in) {
    const HostMap &x = in[0], &w = in[1];
    const int64_t r = w.shape[1], s = w.shape[2], k = w.shape[3];
    const int64_t oh = (x.shape[1] - 1) * o.stride.y - 2 * o.pad.y + o.dilation.y * (r - 1) + o.output_pad.y + 1;
    const int64_t ow = (x.shape[2] - 1) * o.stride.x - 2 * o.pad.x + o.dilation.x * (s - 1) + o.output_pad.x + 1;
    std::vector<double> y(static_cast<size_t>(x.shape[0] * oh * ow * k));
    const auto at = [&](int64_t n, int64_t oy, int64_t ox, int64_t f) -> double& {
      return y[static_cast<size_t>(((n * oh + oy) * ow + ox) * k + f)];
    };
    for (int64_t p = 0; p < x.shape[0] * x.shape[1] * x.shape[2]; ++p) {
      const int64_t ix = p % x.shape[2], iy = p / x.shape[2] % x.shape[1], n = p / x.shape[2] / x.shape[1];
      for (int64_t tap = 0; tap < r * s; ++tap) {
        const int64_t oy = iy * o.stride.y - o.pad.y + tap / s * o.dilation.y,
                      ox = ix * o.stride.x - o.pad.x + tap % s * o.dilation.x;
        if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
        for (int64_t c = 0; c < x.shape[3]; ++c) {
          for (int64_t f = 0; f < k; ++f) at(n, oy, ox, f) += x.at(n, iy, ix, c) * w.at(c, tap / s, tap % s, f);
        }
      }
    }
    for (size_t i = 0; i < y.size(); ++i) {
      y[i] += in[2].values[i % static_cast<size_t>(k)];
      if (relu) y[i] = std::max(y[i], 0.0);
    }
    return y;
  };
}

OpCase make(const std::string& name, Shape x, Shape w, ConvOptions o, bool relu) {
  return {.name = "conv_transpose " + name,
          .inputs = {{x}, {w, InputKind::parameter}, {{w[3]}, InputKind::parameter}},
          .run = [=](const std::vector<Tensor>& in) { return conv_transpose(in[0], in[1], in[2], o, relu); },
          .oracle = plain(o, relu)};
}

const AddCases cases{{
    make("3x3/2 pad 1 output pad 1", {2, 4, 5, 16}, {16, 3, 3, 16}, {2, 1, 1, 1}, false),
    make("3x3 pad 1", {1, 5, 4, 8}, {8, 3, 3, 8}, {1, 1}, false),
    make("3x3 pad 1 of one channel, relu", {2, 5, 4, 1}, {1, 3, 3, 16}, {1, 1}, true),
    make("4x4/2 pad 1 relu", {1, 4, 3, 33}, {33, 4, 4, 5}, {2, 1}, true),
    make("3x3/2 relu", {1, 3, 4, 16}, {16, 3, 3, 32}, {2, 0}, true),
    make("3x3/2 of one pixel", {3, 1, 1, 3}, {3, 3, 3, 1}, {2, 1, 1, 1}, false),
    make("1x9 strip", {1, 5, 7, 16}, {16, 1, 9, 16}, {1, {0, 4}}, false),
    make("3x5, every axis its own", {1, 4, 3, 16}, {16, 3, 5, 8}, {{2, 3}, {1, 2}, {1, 2}, {1, 2}}, true),
}};

}  // namespace
}  // namespace ppl
