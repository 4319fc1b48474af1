#include "kernels/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "engine/communication/norm_sync.h"
#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "kernels/fill.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

BatchNorm describe(const char* op, const Tensor& x, const NormTensors& p, NormOptions o, const Tensor& residual) {
  check_map(op, x);
  const Shape c = {x.dim(3)};
  check_parameter(op, "weight", p.weight, c, x.device());
  check_parameter(op, "bias", p.bias, c, x.device());
  check_parameter(op, "running_mean", p.running_mean, c, x.device());
  check_parameter(op, "running_var", p.running_var, c, x.device());
  if (p.conv_bias.defined()) check_parameter(op, "conv_bias", p.conv_bias, c, x.device());
  PPL_CHECK((o.residual == Residual::none) == !residual.defined(), op, ": a residual map ",
            residual.defined() ? "without" : "is missing for", " a residual option");
  if (residual.defined()) check_same(op, x, residual);
  return {x.size() / x.dim(3), x.dim(3), o.relu, o.residual == Residual::before_relu};
}

// Gradients of weight, bias and conv_bias land in their slices of the arena even where one of them is frozen.
Tensor target(const Tensor& parameter) {
  return parameter.requires_grad() ? gradient_target(parameter)
                                   : Tensor::empty(parameter.shape(), DType::f32, parameter.device());
}

struct Saved {
  BatchNorm shape;
  Tensor x, mean, inverse_std, y;  // y only where the mask of the ReLU needs it
  Communication* ranks = nullptr;  // where the statistics are those of all ranks
  double share = 0;                // of their pixels that are this rank's; 0 where it is idle: nothing goes back then
};

// Pixels, mean and variance of this rank -> of all: means by their pixels, variances about the common mean. Added up on
// the host, in f64.
int64_t share_statistics(const NormSync& sync, int64_t pixels, const Tensor& mean, const Tensor& variance) {
  const auto channels = static_cast<size_t>(mean.size()), length = 1 + 2 * channels;
  std::vector<double> mine(length), all(length * static_cast<size_t>(sync.communication().ranks()));
  std::vector<float> m = mean.to_host(), v = variance.to_host();
  mine[0] = sync.idle() ? 0 : static_cast<double>(pixels);
  std::copy(m.begin(), m.end(), mine.begin() + 1);
  std::copy(v.begin(), v.end(), mine.begin() + 1 + mean.size());
  sync.communication().all_gather(mine, all);
  double total = 0;
  for (size_t at = 0; at < all.size(); at += length) total += all[at];
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (size_t at = 0; at < all.size(); at += length) sum += all[at] * all[at + 1 + c];
    const double common = sum / total;
    for (size_t at = 0; at < all.size(); at += length) {
      const double off = all[at + 1 + c] - common;
      squares += all[at] * (all[at + 1 + channels + c] + off * off);
    }
    m[c] = static_cast<float>(common);
    v[c] = static_cast<float>(squares / total);
  }
  mean.assign(m);
  variance.assign(v);
  return static_cast<int64_t>(total);
}

// The sums of all ranks, such that divided by this rank's pixels they are the means over all pixels; an idle rank's
// zero.
std::pair<Tensor, Tensor> share_sums(const Saved& s, const Tensor& dweight, const Tensor& dbias) {
  const auto channels = static_cast<size_t>(dweight.size());
  const std::vector<float> w = dweight.to_host(), b = dbias.to_host();
  std::vector<double> sums(w.begin(), w.end());
  sums.insert(sums.end(), b.begin(), b.end());
  s.ranks->all_reduce(sums);
  std::vector<float> of_weight, of_bias;
  for (size_t i = 0; i < channels; ++i) {
    of_weight.push_back(static_cast<float>(sums[i] * s.share));
    of_bias.push_back(static_cast<float>(sums[channels + i] * s.share));
  }
  return {Tensor::from(dweight.shape(), of_weight, DType::f32, dweight.device()),
          Tensor::from(dbias.shape(), of_bias, DType::f32, dbias.device())};
}

template <class T>
std::vector<Tensor> backward(const Saved& s, const NormTensors& p, Residual residual, const Tensor& dy) {
  const Tensor dweight = target(p.weight), dbias = target(p.bias);
  const bool write_dz = s.y.defined();
  const Tensor dz = write_dz ? Tensor::empty(dy.shape(), dy.dtype(), dy.device()) : dy;
  const Tensor dx = s.x.requires_grad() ? Tensor::empty(dy.shape(), dy.dtype(), dy.device()) : Tensor();
  Tensor dconv_bias;
  on(dy.device(), [&](auto& ctx) {
    batch_norm_backward_sums(ctx, s.shape, s.x.data<T>(), s.mean.data<float>(), s.inverse_std.data<float>(),
                             p.weight.data<float>(), p.bias.data<float>(), dy.data<T>(), data_or_null<T>(s.y),
                             write_dz ? dz.data<T>() : nullptr, dweight.data<float>(), dbias.data<float>());
    const auto [weight_sums, bias_sums] = s.ranks ? share_sums(s, dweight, dbias) : std::pair{dweight, dbias};
    if (dx.defined()) {
      batch_norm_backward_data(ctx, s.shape, s.x.data<T>(), s.mean.data<float>(), s.inverse_std.data<float>(),
                               p.weight.data<float>(), p.bias.data<float>(), dz.data<T>(), weight_sums.data<float>(),
                               bias_sums.data<float>(), dx.data<T>());
    }
    if (p.conv_bias.defined() && p.conv_bias.requires_grad()) {
      dconv_bias = gradient_target(p.conv_bias);
      fill(ctx, dconv_bias.size(), 0.0f, dconv_bias.data<float>());
    }
  });
  return {dx, dweight, dbias, dconv_bias, residual == Residual::none ? Tensor() : dz};
}

}  // namespace

Tensor batch_norm(const Tensor& x, const NormTensors& p, NormOptions o, const Tensor& residual) {
  const ProfileRange range("batch_norm");
  const BatchNorm s = describe("batch_norm", x, p, o, residual);
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const auto per_channel = [&] { return Tensor::empty({s.channels}, DType::f32, x.device()); };
  const Tensor mean = per_channel(), variance = per_channel(), inverse_std = per_channel();
  const NormSync* sync = NormSync::current();
  BatchNorm whole = s;
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) {
      batch_norm_statistics(ctx, s, x.data<T>(), mean.data<float>(), variance.data<float>());
      if (sync) whole.pixels = share_statistics(*sync, s.pixels, mean, variance);
      batch_norm_update(ctx, whole, o.momentum, o.epsilon, mean.data<float>(), variance.data<float>(),
                        data_or_null<float>(p.conv_bias), p.running_mean.data<float>(), p.running_var.data<float>(),
                        inverse_std.data<float>());
      batch_norm_apply(ctx, s, x.data<T>(), mean.data<float>(), inverse_std.data<float>(), p.weight.data<float>(),
                       p.bias.data<float>(), data_or_null<T>(residual), y.data<T>());
    });
    p.running_mean.touch();
    p.running_var.touch();
    const bool keep_y = o.relu && o.residual == Residual::before_relu;
    const Saved saved{s,
                      x,
                      mean,
                      inverse_std,
                      keep_y ? y.reshaped(y.shape()) : Tensor(),
                      sync ? &sync->communication() : nullptr,
                      sync && !sync->idle() ? static_cast<double>(s.pixels) / static_cast<double>(whole.pixels) : 0};
    return record("batch_norm", {x, p.weight, p.bias, p.conv_bias, residual}, y,
                  [=, kind = o.residual](const Tensor& dy) { return backward<T>(saved, p, kind, dy); });
  });
}

Tensor batch_norm_inference(const Tensor& x, const NormTensors& p, NormOptions o, const Tensor& residual) {
  const ProfileRange range("batch_norm_inference");
  const BatchNorm s = describe("batch_norm_inference", x, p, o, residual);
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const Tensor mean = Tensor::empty({s.channels}, DType::f32, x.device());
  const Tensor inverse_std = Tensor::empty({s.channels}, DType::f32, x.device());
  with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) {
      batch_norm_running(ctx, s, o.epsilon, p.running_mean.data<float>(), p.running_var.data<float>(),
                         data_or_null<float>(p.conv_bias), mean.data<float>(), inverse_std.data<float>());
      batch_norm_apply(ctx, s, x.data<T>(), mean.data<float>(), inverse_std.data<float>(), p.weight.data<float>(),
                       p.bias.data<float>(), data_or_null<T>(residual), y.data<T>());
    });
  });
  return y;
}

}  // namespace ppl
