#include <cmath>

#include "tests/support/op_case.h"

namespace ppl {
namespace {

// The published formulas, in f64.
OpCase::Oracle plain(PixelLoss o) {
  return [=](const std::vector<HostMap>& in) {
    const auto images = static_cast<size_t>(in[0].shape[0]), size = in[0].values.size();
    std::vector<double> both(images), target(images), square(images);
    double focal = 0, bce = 0, count = 0, dice = 0;
    for (size_t i = 0; i < size; ++i) {
      const double x = in[0].values[i], t = in[1].values[i];
      if (t == 255) continue;
      const double p = 1 / (1 + std::exp(-x)), pt = p * t + (1 - p) * (1 - t);
      const double entropy = -(t * std::log(p) + (1 - t) * std::log(1 - p));
      const double weight = in.size() > 2 ? in[2].values[i] : 1;
      focal += weight * (o.alpha * t + (1 - o.alpha) * (1 - t)) * std::pow(1 - pt, o.gamma) * entropy;
      bce += weight * entropy;
      ++count;
      const size_t image = o.dice_batch ? 0 : i / (size / images);
      both[image] += p * t, target[image] += t * t, square[image] += p * p;
    }
    const size_t groups = o.dice_batch ? 1 : images;
    for (size_t g = 0; g < groups; ++g) {
      dice += (1 - (2 * both[g] + o.smooth) / (target[g] + square[g] + o.smooth)) / static_cast<double>(groups);
    }
    return std::vector<double>{o.focal * focal / count + o.bce * bce / count + o.dice * dice};
  };
}

OpCase make(const std::string& name, PixelLoss o, Shape x, Shape network = {}) {
  OpCase c{.name = "pixel_loss " + name, .inputs = {{x}, {x, InputKind::mask}}};
  c.run = [o](const std::vector<Tensor>& in) { return pixel_loss(in[0], in[1], o); };
  c.oracle = plain(o);
  c.forward_tolerance = 1e-6;
  if (network.empty()) return c;
  const auto size = static_cast<double>(numel(network));
  c.network = {{network}, {network, InputKind::mask}};
  c.forward = o.dice == 0 ? Traffic{2 * size, 2 * size} : Traffic{3 * size, 3 * size};
  return c;
}

OpCase make_weighted(const std::string& name, PixelLoss o, Shape x, Shape network = {}) {
  OpCase c = make("weighted, " + name, o, x, network);
  c.inputs.push_back({x, InputKind::weights});
  c.run = [o](const std::vector<Tensor>& in) { return pixel_loss(in[0], in[1], o, in[2]); };
  if (network.empty()) return c;
  c.network.push_back({network, InputKind::weights});
  c.forward.bytes += (o.dice == 0 ? 4.0 : 8.0) * static_cast<double>(numel(network));
  return c;
}

const Shape kNetwork = {4, 512, 512, 1};
const AddCases cases{{
    make("bce", {.bce = 1}, {2, 5, 7, 1}, kNetwork),
    make("focal full gradient", {.focal = 1, .focal_full_gradient = true}, {3, 9, 5, 1}, kNetwork),
    make("focal full gradient, gamma 2, alpha 0.6",
         {.focal = 1, .focal_full_gradient = true, .alpha = 0.6f, .gamma = 2}, {1, 5, 5, 3}),
    make("dice", {.dice = 1}, {3, 5, 7, 1}, kNetwork),
    make("dice over the batch, 3 classes", {.dice = 1, .dice_batch = true}, {2, 5, 7, 3}),
    make("bce + dice", {.bce = 1, .dice = 1}, {1, 33, 17, 1}, kNetwork),
    make("5 focal + dice", {.focal = 5, .dice = 1, .focal_full_gradient = true}, {2, 6, 5, 3}),
    make_weighted("bce", {.bce = 1}, {2, 5, 7, 1}, kNetwork),
    make_weighted("5 focal + dice", {.focal = 5, .dice = 1, .focal_full_gradient = true}, {2, 33, 5, 3}, kNetwork),
}};

}  // namespace
}  // namespace ppl
