#include "kernels/batch_norm.h"
#include "kernels/cpu/map_loop.h"

namespace ppl {
namespace {

// What both passes need per channel, repeated over a period: mean, inverse deviation, and the norm's scale and shift,
// from which the mask of the ReLU is computed exactly as forward did.
struct Constants {
  int64_t period;
  float *mean, *inverse_std, *scale, *shift, *mean_dz, *mean_dz_xhat;

  Constants(CpuContext& ctx, const BatchNorm& s, const float* m, const float* is, const float* w, const float* b)
      : period(channel_period(s.channels)) {
    mean = ctx.scratch<float>(CpuSlot::channels, static_cast<size_t>(6 * period));
    inverse_std = mean + period, scale = inverse_std + period, shift = scale + period;
    mean_dz = shift + period, mean_dz_xhat = mean_dz + period;
    repeat_channels(s.channels, period, mean, [&](int64_t c) { return m[c]; });
    repeat_channels(s.channels, period, inverse_std, [&](int64_t c) { return is[c]; });
    repeat_channels(s.channels, period, scale, [&](int64_t c) { return w[c] * is[c]; });
    repeat_channels(s.channels, period, shift, [&](int64_t c) { return b[c]; });
  }
};

}  // namespace

template <class T>
void batch_norm_backward_sums(CpuContext& ctx, const BatchNorm& s, const T* x, const float* mean,
                              const float* inverse_std, const float* weight, const float* bias, const T* dy, const T* y,
                              T* dz, float* dweight, float* dbias) {
  const Constants k(ctx, s, mean, inverse_std, weight, bias);
  const int64_t n = s.pixels * s.channels;
  std::vector<double> sums(static_cast<size_t>(2 * s.channels));
  const auto pass = [&](auto gradient) {  // gradient(i, j, lanes, centred x) -> dz
    const auto term = [=](int64_t i, int64_t j, auto lanes, Vec(&acc)[2]) {
      const Vec centred = load(x + i, lanes) - load(k.mean + j);
      const Vec d = gradient(i, j, lanes, centred);
      acc[0] += d;
      acc[1] += d * centred;
    };
    channel_sums<2>(ctx, n, s.channels, term, sums.data());
  };
  if (!s.relu) {
    pass([=](int64_t i, int64_t, auto lanes, Vec) { return load(dy + i, lanes); });
  } else if (y) {
    pass([=](int64_t i, int64_t, auto lanes, Vec) {
      const Vec d = load(y + i, lanes) > Vec{} ? load(dy + i, lanes) : Vec{};
      store(dz + i, d, lanes);
      return d;
    });
  } else {
    pass([=](int64_t i, int64_t j, auto lanes, Vec centred) {
      return centred * load(k.scale + j) + load(k.shift + j) > Vec{} ? load(dy + i, lanes) : Vec{};
    });
  }
  for (int64_t c = 0; c < s.channels; ++c) {
    dbias[c] = static_cast<float>(sums[static_cast<size_t>(c)]);
    dweight[c] = static_cast<float>(sums[static_cast<size_t>(s.channels + c)] * inverse_std[c]);
  }
}

template <class T>
void batch_norm_backward_data(CpuContext& ctx, const BatchNorm& s, const T* x, const float* mean,
                              const float* inverse_std, const float* weight, const float* bias, const T* dy,
                              const float* dweight, const float* dbias, T* dx) {
  const Constants k(ctx, s, mean, inverse_std, weight, bias);
  const int64_t n = s.pixels * s.channels;
  const float inverse_pixels = 1.0f / static_cast<float>(s.pixels);
  repeat_channels(s.channels, k.period, k.mean_dz, [&](int64_t c) { return dbias[c] * inverse_pixels; });
  repeat_channels(s.channels, k.period, k.mean_dz_xhat,
                  [&](int64_t c) { return dweight[c] * inverse_pixels * inverse_std[c]; });
  struct Columns {
    Vec mean, scale, shift, mean_dz, mean_dz_xhat;
  };
  const auto columns = [=](int64_t j) {
    return Columns{load(k.mean + j), load(k.scale + j), load(k.shift + j), load(k.mean_dz + j),
                   load(k.mean_dz_xhat + j)};
  };
  const auto write = [=](int64_t i, auto lanes, const Columns& c, Vec centred, Vec d) {
    store(dx + i, c.scale * (d - c.mean_dz - centred * c.mean_dz_xhat), lanes);
  };
  if (s.relu && !s.residual_before_relu) {
    for_channels(n, k.period, columns, [=](int64_t i, auto lanes, const Columns& c) {
      const Vec centred = load(x + i, lanes) - c.mean, d = load(dy + i, lanes);
      write(i, lanes, c, centred, centred * c.scale + c.shift > Vec{} ? d : Vec{});
    });
  } else {
    for_channels(n, k.period, columns, [=](int64_t i, auto lanes, const Columns& c) {
      write(i, lanes, c, load(x + i, lanes) - c.mean, load(dy + i, lanes));
    });
  }
}

#define PPL_INSTANTIATE(T)                                                                                    \
  template void batch_norm_backward_sums(CpuContext&, const BatchNorm&, const T*, const float*, const float*, \
                                         const float*, const float*, const T*, const T*, T*, float*, float*); \
  template void batch_norm_backward_data(CpuContext&, const BatchNorm&, const T*, const float*, const float*, \
                                         const float*, const float*, const T*, const float*, const float*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
