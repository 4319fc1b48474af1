#include "tests/support/op_case.h"

namespace ppl {
namespace {

OpCase::Oracle plain(ConvOptions o, bool relu) {
  return [=](const std::vector<HostMap>& in) {
    const HostMap &x = in[0], &w = in[1];
    const int64_t r = w.shape[1], s = w.shape[2], h = x.shape[1], width = x.shape[2];
    const int64_t oh = (h + 2 * o.pad.y - o.dilation.y * (r - 1) - 1) / o.stride.y + 1;
    const int64_t ow = (width + 2 * o.pad.x - o.dilation.x * (s - 1) - 1) / o.stride.x + 1;
    std::vector<double> y;
    for (int64_t n = 0; n < x.shape[0]; ++n) {
      for (int64_t i = 0; i < oh * ow * w.shape[0]; ++i) {
        const int64_t k = i % w.shape[0], ox = i / w.shape[0] % ow, oy = i / w.shape[0] / ow;
        double total = in.size() > 2 ? in[2].values[static_cast<size_t>(k)] : 0;
        for (int64_t tap = 0; tap < r * s; ++tap) {
          const int64_t iy = oy * o.stride.y - o.pad.y + tap / s * o.dilation.y,
                        ix = ox * o.stride.x - o.pad.x + tap % s * o.dilation.x;
          if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
          for (int64_t c = 0; c < x.shape[3]; ++c) total += x.at(n, iy, ix, c) * w.at(k, tap / s, tap % s, c);
        }
        y.push_back(relu ? std::max(total, 0.0) : total);
      }
    }
    return y;
  };
}

OpCase make(const std::string& name, Shape x, Shape w, bool bias, ConvOptions o, bool relu) {
  OpCase c{.name = "conv " + name, .inputs = {{x}, {w, InputKind::parameter}}};
  if (bias) c.inputs.push_back({{w[0]}, InputKind::parameter});
  c.run = [=](const std::vector<Tensor>& in) { return conv(in[0], in[1], bias ? in[2] : Tensor(), o, relu); };
  c.oracle = plain(o, relu);
  return c;
}

const AddCases cases{{
    make("3x3", {2, 7, 6, 5}, {3, 3, 3, 5}, false, {1, 1}, false),
    make("3x3 bias relu", {2, 6, 5, 16}, {16, 3, 3, 16}, true, {1, 1}, true),
    make("3x3/2", {1, 9, 8, 16}, {33, 3, 3, 16}, false, {2, 1}, false),
    make("3x3 dilation 2", {1, 7, 9, 8}, {16, 3, 3, 8}, true, {1, 2, 2}, true),
    make("7x7/2 of 3 bands", {2, 13, 15, 3}, {16, 7, 7, 3}, false, {2, 3}, false),
    make("1x1 bias", {3, 3, 2, 33}, {5, 1, 1, 33}, true, {1, 0}, false),
    make("1x1/2", {1, 5, 5, 16}, {32, 1, 1, 16}, false, {2, 0}, false),
    make("3x3 to one channel", {1, 6, 7, 32}, {1, 3, 3, 32}, true, {1, 1}, false),
    make("3x3 to one channel, dilation 2, ReLU", {2, 6, 9, 12}, {1, 3, 3, 12}, true, {1, 2, 2}, true),
    make("3x3 of 3 bands to one channel, no padding", {2, 5, 7, 3}, {1, 3, 3, 3}, false, {1, 0}, false),
    make("2x2 pad 1", {1, 4, 5, 8}, {1, 2, 2, 8}, true, {1, 1}, false),
    make("1x9 strip", {1, 6, 11, 16}, {16, 1, 9, 16}, true, {1, {0, 4}}, true),
    make("9x1 strip", {1, 11, 6, 16}, {16, 9, 1, 16}, false, {1, {4, 0}}, false),
    make("3x5, every axis its own", {2, 9, 14, 5}, {7, 3, 5, 5}, true, {{2, 3}, {1, 4}, {3, 2}}, true),
    make("3x3/2 across", {1, 7, 9, 32}, {32, 3, 3, 32}, false, {{1, 2}, 1}, false),
    make("3x3 to one channel, dilation 3 down", {1, 9, 7, 32}, {1, 3, 3, 32}, false, {1, {3, 1}, {3, 1}}, false),
    make("3x3 of one pixel", {1, 1, 1, 4}, {4, 3, 3, 4}, true, {1, 1}, true),
}};

}  // namespace
}  // namespace ppl
