#include "tests/support/op_case.h"

namespace ppl {
namespace {

Tensor fused(const std::vector<Tensor>& in) { return pyramid_pool(in[0], {in[1], in[2], in[3], in[4]}, in[5], in[6]); }

// As published: pool, 1x1, resize, concatenate, 1x1.
Tensor separate(const std::vector<Tensor>& in) {
  std::vector<Tensor> parts;
  const std::array<int, 4> grids = {1, 2, 3, 6};
  for (size_t g = 0; g < grids.size(); ++g) {
    const Tensor cells = conv(adaptive_average_pool(in[0], grids[g]), in[g + 1], {}, {});
    parts.push_back(bilinear_resize(cells, in[0].dim(1), in[0].dim(2)));
  }
  parts.push_back(in[0]);
  return conv(concat(parts), in[5], in[6], {}, true);
}

std::vector<OpInput> inputs(const Shape& x, int64_t k) {
  const OpInput stage{{x[3] / 4, 1, 1, x[3]}, InputKind::parameter};
  return {{x}, stage, stage, stage, stage, {{k, 1, 1, 2 * x[3]}, InputKind::parameter}, {{k}, InputKind::parameter}};
}

OpCase make(Shape x, int64_t k, Shape network = {}) {
  OpCase c{.name = cat("pyramid_pool ", to_string(x), " to ", k),
           .inputs = inputs(x, k),
           .run = fused,
           .reference = separate};
  c.gradient_tolerance = 5e-3;
  c.bf16_tolerance = 2e-2;
  if (network.empty()) return c;
  const auto size = static_cast<double>(numel(network));
  c.network = inputs(network, network[3]);
  c.forward = {5 * size};   // x to pool; x and y of the convolution; y again
  c.backward = {9 * size};  // dy, y, dz; x, dz; dz, dx; dx again
  c.flops = 2 * size * static_cast<double>(network[3]);
  return c;
}

const AddCases cases{{
    make({2, 7, 8, 8}, 5, {4, 32, 32, 512}),
    make({1, 12, 6, 64}, 16),
    make({1, 5, 4, 12}, 33),
    make({3, 1, 1, 4}, 3),
    make({1, 2, 3, 20}, 1),
}};

}  // namespace
}  // namespace ppl
