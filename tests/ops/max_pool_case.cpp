#include <algorithm>
#include <cmath>

#include "tests/support/op_case.h"

namespace ppl {
namespace {

OpCase::Oracle plain(int window, int stride, int pad) {
  return [=](const std::vector<HostMap>& in) {
    const HostMap& x = in[0];
    const int64_t oh = (x.shape[1] + 2 * pad - window) / stride + 1, ow = (x.shape[2] + 2 * pad - window) / stride + 1;
    std::vector<double> y;
    for (int64_t i = 0; i < x.shape[0] * oh * ow * x.shape[3]; ++i) {
      const int64_t c = i % x.shape[3], ox = i / x.shape[3] % ow, oy = i / x.shape[3] / ow % oh,
                    n = i / x.shape[3] / ow / oh;
      double best = -INFINITY;
      for (int64_t iy = std::max<int64_t>(0, oy * stride - pad); iy < std::min(x.shape[1], oy * stride - pad + window);
           ++iy) {
        for (int64_t ix = std::max<int64_t>(0, ox * stride - pad);
             ix < std::min(x.shape[2], ox * stride - pad + window); ++ix) {
          best = std::max(best, x.at(n, iy, ix, c));
        }
      }
      y.push_back(best);
    }
    return y;
  };
}

OpCase make(const std::string& name, Shape x, int window, int stride, int pad, Shape network = {}) {
  OpCase c{.name = "max_pool " + name, .inputs = {{x}}};
  c.run = [=](const std::vector<Tensor>& in) { return max_pool(in[0], window, stride, pad); };
  c.oracle = plain(window, stride, pad);
  if (network.empty()) return c;
  const auto size = static_cast<double>(numel(network)), out = size / (stride * stride);
  c.network = {{network}};
  c.forward = {size + out, out};
  c.backward = {size + out, out};
  return c;
}

const AddCases cases{{
    make("3x3/2 pad 1", {2, 9, 7, 5}, 3, 2, 1, {1, 256, 256, 64}),
    make("3x3/2 pad 1 of 64", {1, 4, 3, 64}, 3, 2, 1),
    make("2x2/2", {1, 4, 6, 33}, 2, 2, 0),
    make("3x3/1 pad 2", {1, 5, 4, 3}, 3, 1, 2),
    make("2x2/3", {1, 8, 8, 16}, 2, 3, 0),
    make("3x3/2 of one pixel", {3, 1, 1, 1}, 3, 2, 1),
}};

}  // namespace
}  // namespace ppl
