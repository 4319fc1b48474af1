// Forward: statistics, running statistics, normalisation.
#include "kernels/batch_norm.h"

#include "kernels/cuda/batch_norm.h"

namespace ppl {
namespace {

// Count, mean and sum of squares about it; any two can be joined (Chan, Golub, LeVeque).
struct Moments {
  float count, mean, squares;

  PPL_DEVICE void join(const Moments& o) {
    const float total = count + o.count;
    if (o.count == 0) return;
    const float share = o.count / total, d = o.mean - mean;
    mean += d * share;
    squares += o.squares + d * d * count * share;
    count = total;
  }
};

// partial [blocks][2][channels]: mean, and sum of squares about it, of each block's pixels. Reads x once.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) moments_kernel(ChannelTiles t, const T* x, float* partial) {
  const ChannelPlace<N> place(t);
  Pack<N> mean{}, squares{};
  float count = 0;
  if (place.channel < t.channels) {
    const int rows = kThreads / t.across;
    for (int64_t p = place.begin; p < place.end; p += rows) {
      const Pack<N> v = load<N>(x + p * t.channels + place.channel);
      const float share = 1 / ++count;
      for (int j = 0; j < N; ++j) {
        const float d = v.v[j] - mean.v[j];
        mean.v[j] += d * share;
        squares.v[j] += d * (v.v[j] - mean.v[j]);
      }
    }
  }
  Moments* all = dynamic_smem<Moments>();  // [N][kThreads]
  for (int j = 0; j < N; ++j) all[j * kThreads + threadIdx.x] = {count, mean.v[j], squares.v[j]};
  for (int half = kThreads / 2; half >= t.across; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) {
      for (int j = 0; j < N; ++j) all[j * kThreads + threadIdx.x].join(all[j * kThreads + threadIdx.x + half]);
    }
  }
  if (place.row != 0 || place.channel >= t.channels) return;
  float* to = partial + static_cast<int64_t>(blockIdx.x) * 2 * t.channels + place.channel;
  for (int j = 0; j < N; ++j) {
    to[j] = all[j * kThreads + threadIdx.x].mean;
    to[t.channels + j] = all[j * kThreads + threadIdx.x].squares;
  }
}

// The blocks' moments joined in f64.
__global__ void __launch_bounds__(kThreads)
    join_moments_kernel(ChannelTiles t, int64_t blocks, const float* partial, float* mean, float* variance) {
  __shared__ double scratch[kThreads];
  const int c = static_cast<int>(blockIdx.x) * kFinishChannels + static_cast<int>(threadIdx.x) % kFinishChannels;
  const bool inside = c < t.channels;
  const auto pixels_of = [&](int64_t i) {
    return static_cast<double>((i + 1) * t.per_block < t.pixels ? t.per_block : t.pixels - i * t.per_block);
  };
  double sum = 0;
  for (int64_t i = threadIdx.x / kFinishChannels; inside && i < blocks; i += kFinishRows)
    sum += pixels_of(i) * partial[i * 2 * t.channels + c];
  const double centre = sum_rows(sum, scratch) / static_cast<double>(t.pixels);
  double squares = 0;
  for (int64_t i = threadIdx.x / kFinishChannels; inside && i < blocks; i += kFinishRows) {
    const double d = partial[i * 2 * t.channels + c] - centre;
    squares += partial[(i * 2 + 1) * t.channels + c] + pixels_of(i) * d * d;
  }
  squares = sum_rows(squares, scratch);
  if (threadIdx.x >= kFinishChannels || !inside) return;
  mean[c] = static_cast<float>(centre);
  variance[c] = static_cast<float>(squares / static_cast<double>(t.pixels));
}

// For each channel one thread.
template <class Body>
__global__ void per_channel_kernel(Body body, int64_t channels) {
  const int64_t c = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (c < channels) body(c);
}

struct Update {
  double unbiased;
  float momentum, epsilon;
  const float *mean, *variance, *shift;
  float *running_mean, *running_variance, *inverse_std;

  __device__ void operator()(int64_t c) const {
    inverse_std[c] = static_cast<float>(1 / sqrt(static_cast<double>(variance[c]) + epsilon));
    const float batch_mean = mean[c] + (shift ? shift[c] : 0.0f);
    running_mean[c] += momentum * (batch_mean - running_mean[c]);
    running_variance[c] += momentum * (static_cast<float>(variance[c] * unbiased) - running_variance[c]);
  }
};

struct Running {
  float epsilon;
  const float *running_mean, *running_variance, *shift;
  float *mean, *inverse_std;

  __device__ void operator()(int64_t c) const {
    mean[c] = running_mean[c] - (shift ? shift[c] : 0.0f);
    inverse_std[c] = static_cast<float>(1 / sqrt(static_cast<double>(running_variance[c]) + epsilon));
  }
};

template <class Body>
void per_channel(CudaContext& ctx, int64_t channels, const Body& body) {
  launch(per_channel_kernel<Body>, {blocks_of(ceil_div(channels, kThreads)), kThreads}, ctx.stream, body, channels);
}

// Reads x and, where there is one, the residual; writes y.
template <class T>
struct Apply {
  BatchNorm s;
  const T* x;
  NormConstants k;
  const T* residual;
  T* y;

  template <int N>
  __device__ NormColumns<N> constants(int c) const {
    return k.columns<N>(c);
  }
  template <int N>
  __device__ void run(MapVector m, const NormColumns<N>& k) const {
    Pack<N> v = load<N>(x + m.at), r{};
    if (residual) r = load<N>(residual + m.at);
    for (int j = 0; j < N; ++j) {
      v.v[j] = k.norm(v.v[j] - k.mean[j], j);
      if (s.residual_before_relu) v.v[j] += r.v[j];
      if (s.relu && v.v[j] < 0) v.v[j] = 0;
      if (!s.residual_before_relu) v.v[j] += r.v[j];
    }
    store(y + m.at, v);
  }
};

}  // namespace

template <class T>
void batch_norm_statistics(CudaContext& ctx, const BatchNorm& s, const T* x, float* mean, float* variance) {
  with_width<T>(s.channels, is_wide(x), [&](auto width) {
    const ChannelTiles t(s.pixels, s.channels, width, pixels_per_chunk(s.pixels));
    float* partial = ctx.scratch<float>(slot_partial, static_cast<size_t>(t.blocks() * 2 * s.channels));
    const auto here = std::source_location::current();
    launch(moments_kernel<T, width>, t.grid(width, sizeof(Moments) * width * kThreads, here), ctx.stream, t, x,
           partial);
    launch(join_moments_kernel, finish_grid(s.channels, here), ctx.stream, t, t.blocks(), partial, mean, variance);
  });
}

void batch_norm_update(CudaContext& ctx, const BatchNorm& s, float momentum, float epsilon, const float* mean,
                       const float* variance, const float* shift, float* running_mean, float* running_variance,
                       float* inverse_std) {
  const double pixels = static_cast<double>(s.pixels), unbiased = pixels / (pixels > 2 ? pixels - 1 : 1);
  per_channel(ctx, s.channels,
              Update{unbiased, momentum, epsilon, mean, variance, shift, running_mean, running_variance, inverse_std});
}

void batch_norm_running(CudaContext& ctx, const BatchNorm& s, float epsilon, const float* running_mean,
                        const float* running_variance, const float* shift, float* mean, float* inverse_std) {
  per_channel(ctx, s.channels, Running{epsilon, running_mean, running_variance, shift, mean, inverse_std});
}

template <class T>
void batch_norm_apply(CudaContext& ctx, const BatchNorm& s, const T* x, const float* mean, const float* inverse_std,
                      const float* weight, const float* bias, const T* residual, T* y) {
  const Apply<T> body{s, x, {mean, inverse_std, weight, bias}, residual, y};
  with_width<T>(s.channels, is_wide(x) && is_wide(residual) && is_wide(y),
                [&](auto width) { for_channels<width>(ctx, s.pixels, s.channels, body); });
}

#define PPL_INSTANTIATE(T)                                                                                           \
  template void batch_norm_statistics(CudaContext&, const BatchNorm&, const T*, float*, float*);                     \
  template void batch_norm_apply(CudaContext&, const BatchNorm&, const T*, const float*, const float*, const float*, \
                                 const float*, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
