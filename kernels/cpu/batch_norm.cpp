// Forward: statistics, running statistics, normalisation.
#include "kernels/batch_norm.h"

#include <cmath>

#include "kernels/cpu/map_loop.h"

namespace ppl {

// The mean of a chunk's columns, then their squares about it while they are in cache; chunks are combined in f64. A
// rest shorter than the period of repeated channels is a chunk of single pixels.
template <class T>
void batch_norm_statistics(CpuContext& ctx, const BatchNorm& s, const T* x, float* mean, float* variance) {
  const int64_t n = s.pixels * s.channels, period = channel_period(s.channels), whole = n / period * period;
  const int64_t chunk = chunk_rows(period) * period, chunks = ceil_div(whole, chunk);
  const auto width = static_cast<size_t>(period);
  float* means = ctx.scratch<float>(CpuSlot::partial, static_cast<size_t>(chunks) * 2 * width + 1);
  float* squares = means + chunks * period;
  parallel_for(chunks, std::max<int64_t>(1, kElementGrain / chunk), [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i) {
      const int64_t begin = i * chunk, end = std::min(whole, begin + chunk);
      const float inverse = 1.0f / static_cast<float>((end - begin) / period);
      float* m = means + i * period;
      column_groups(period, [&](auto width, int64_t j0) {
        const auto value = [=](int64_t at, int64_t, auto lanes, Vec(&acc)[1]) { acc[0] += load(x + at, lanes); };
        const auto square = [=](int64_t at, int64_t j, auto lanes, Vec(&acc)[1]) {
          const Vec d = load(x + at, lanes) - load(m + j);
          acc[0] += d * d;
        };
        sum_columns<1, width>(begin, end, period, j0, value, m);
        for (int64_t j = j0; j < j0 + width * kLanes; ++j) m[j] *= inverse;
        sum_columns<1, width>(begin, end, period, j0, square, squares + i * period);
      });
    }
  });

  const auto rows = [&](int64_t i) {
    return static_cast<double>((std::min(whole, (i + 1) * chunk) - i * chunk) / period);
  };
  std::vector<double> total(width), centre(width), deviation(width);
  for (int64_t i = 0; i < chunks; ++i) {
    const double count = rows(i);
    for (size_t j = 0; j < width; ++j) total[j] += count * means[i * period + static_cast<int64_t>(j)];
  }
  for (int64_t j = 0; j < n - whole; ++j) total[static_cast<size_t>(j)] += static_cast<float>(x[whole + j]);
  const auto channels = static_cast<size_t>(s.channels);
  const double inverse_pixels = 1.0 / static_cast<double>(s.pixels);
  for (size_t j = channels; j < width; ++j) total[j % channels] += total[j];
  for (size_t j = 0; j < width; ++j) centre[j] = total[j % channels] * inverse_pixels;
  for (int64_t i = 0; i < chunks; ++i) {
    const double count = rows(i);
    for (size_t j = 0; j < width; ++j) {
      const int64_t at = i * period + static_cast<int64_t>(j);
      const double d = means[at] - centre[j];
      deviation[j] += squares[at] + count * d * d;
    }
  }
  for (size_t j = 0; j < static_cast<size_t>(n - whole); ++j) {
    const double d = static_cast<float>(x[whole + static_cast<int64_t>(j)]) - centre[j];
    deviation[j] += d * d;
  }
  for (size_t j = channels; j < width; ++j) deviation[j % channels] += deviation[j];
  for (size_t j = 0; j < channels; ++j) {
    mean[j] = static_cast<float>(centre[j]);
    variance[j] = static_cast<float>(deviation[j] * inverse_pixels);
  }
}

void batch_norm_update(CpuContext&, const BatchNorm& s, float momentum, float epsilon, const float* mean,
                       const float* variance, const float* shift, float* running_mean, float* running_variance,
                       float* inverse_std) {
  const double pixels = static_cast<double>(s.pixels), unbiased = pixels / std::max(1.0, pixels - 1);
  for (int64_t c = 0; c < s.channels; ++c) {
    inverse_std[c] = static_cast<float>(1 / std::sqrt(static_cast<double>(variance[c]) + epsilon));
    const float batch_mean = mean[c] + (shift ? shift[c] : 0.0f);
    running_mean[c] += momentum * (batch_mean - running_mean[c]);
    running_variance[c] += momentum * (static_cast<float>(variance[c] * unbiased) - running_variance[c]);
  }
}

void batch_norm_running(CpuContext&, const BatchNorm& s, float epsilon, const float* running_mean,
                        const float* running_variance, const float* shift, float* mean, float* inverse_std) {
  for (int64_t c = 0; c < s.channels; ++c) {
    mean[c] = running_mean[c] - (shift ? shift[c] : 0.0f);
    inverse_std[c] = static_cast<float>(1 / std::sqrt(static_cast<double>(running_variance[c]) + epsilon));
  }
}

namespace {

template <bool kRelu, class T>
void apply(CpuContext& ctx, const BatchNorm& s, const T* x, const float* mean, const float* inverse_std,
           const float* weight, const float* bias, const T* residual, T* y) {
  const int64_t period = channel_period(s.channels), n = s.pixels * s.channels;
  float* centre = ctx.scratch<float>(CpuSlot::channels, static_cast<size_t>(3 * period));
  float *scale = centre + period, *shift = scale + period;
  repeat_channels(s.channels, period, centre, [&](int64_t c) { return mean[c]; });
  repeat_channels(s.channels, period, scale, [&](int64_t c) { return weight[c] * inverse_std[c]; });
  repeat_channels(s.channels, period, shift, [&](int64_t c) { return bias[c]; });
  struct Constants {
    Vec centre, scale, shift;
  };
  const auto constants = [=](int64_t j) { return Constants{load(centre + j), load(scale + j), load(shift + j)}; };
  const auto norm = [=](int64_t i, auto lanes, const Constants& k) {
    return (load(x + i, lanes) - k.centre) * k.scale + k.shift;
  };
  const auto maybe_relu = [](Vec v) { return kRelu ? relu(v) : v; };
  if (!residual) {
    for_channels(n, period, constants, [=](int64_t i, auto lanes, const Constants& k) {
      store(y + i, maybe_relu(norm(i, lanes, k)), lanes);
    });
  } else if (s.residual_before_relu) {
    for_channels(n, period, constants, [=](int64_t i, auto lanes, const Constants& k) {
      store(y + i, maybe_relu(norm(i, lanes, k) + load(residual + i, lanes)), lanes);
    });
  } else {
    for_channels(n, period, constants, [=](int64_t i, auto lanes, const Constants& k) {
      store(y + i, maybe_relu(norm(i, lanes, k)) + load(residual + i, lanes), lanes);
    });
  }
}

}  // namespace

template <class T>
void batch_norm_apply(CpuContext& ctx, const BatchNorm& s, const T* x, const float* mean, const float* inverse_std,
                      const float* weight, const float* bias, const T* residual, T* y) {
  s.relu ? apply<true>(ctx, s, x, mean, inverse_std, weight, bias, residual, y)
         : apply<false>(ctx, s, x, mean, inverse_std, weight, bias, residual, y);
}

#define PPL_INSTANTIATE(T)                                                                                          \
  template void batch_norm_statistics(CpuContext&, const BatchNorm&, const T*, float*, float*);                     \
  template void batch_norm_apply(CpuContext&, const BatchNorm&, const T*, const float*, const float*, const float*, \
                                 const float*, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
