// Two passes over logits and targets: sums, then the gradient, which needs them (the count of valid pixels, dice's
// sums). A pixel costs 2 (logit + target + weight) + gradient bytes. Formulas as in cpu/pixel_loss.cpp.
#include "kernels/ignored.h"
#include "kernels/pixel_loss.h"

#include "kernels/cuda/channels.h"

namespace ppl {
namespace {

constexpr int kChunk = 4096;  // elements of one block, summed in f32; blocks are summed in f64

enum Sum { sum_loss, sum_both, sum_target, sum_square, sum_valid, sum_wrong, sum_count };

// With s = (2t - 1) x: pt = sigmoid(s), q = 1 - pt, e = exp(-|s|).
struct Pixel {
  bool valid, foreground;
  float s, e, pt, q;

  PPL_DEVICE Pixel(float x, uint8_t target)
      : valid(target != kIgnored), foreground(target == 1), s(foreground ? x : -x), e(expf(-fabsf(s))) {
    const float r = 1 / (1 + e), er = e * r;
    pt = s < 0 ? er : r;
    q = s < 0 ? r : er;
  }
  PPL_DEVICE float p() const { return foreground ? pt : q; }
  PPL_DEVICE float target() const { return foreground ? 1 : 0; }
};

// The focal and cross entropy part: value and slope d/dx.
struct Term {
  float value, slope;

  PPL_DEVICE Term(const PixelLoss& o, const Pixel& a) {
    const float tail = log1pf(a.e), bce = (-a.s > 0 ? -a.s : 0) + tail;
    float weight = o.bce, down = o.bce * a.q;  // down = -d/ds
    if (o.focal != 0) {
      const float softplus = (a.s > 0 ? a.s : 0) + tail;  // log q = -softplus(s)
      const float power = o.gamma == 0.5f ? sqrtf(a.q) : expf(-o.gamma * softplus);
      const float w = o.focal * (a.foreground ? o.alpha : 1 - o.alpha) * power;
      weight += w;
      down += o.focal_full_gradient ? w * (a.q + o.gamma * a.pt * bce) : w * a.q;
    }
    value = weight * bce;
    slope = a.foreground ? -down : down;
  }
};

// Weights of the elements, or 1 for all.
struct NoWeights {
  PPL_DEVICE Term apply(Term t, int64_t) const { return t; }
};
struct Weights {
  const float* weight;

  PPL_DEVICE Term apply(Term t, int64_t i) const {
    const float w = weight[i];
    t.value *= w;
    t.slope *= w;
    return t;
  }
};

// partial [blocks][sum_count]; the block's image and chunk of it from its number.
template <class T, class W>
__global__ void __launch_bounds__(kThreads)
    loss_sums_kernel(PixelLoss o, int64_t per_image, int64_t chunks, const T* logits, const uint8_t* target, W weights,
                     float* partial) {
  __shared__ float all[sum_count][kThreads];
  const int64_t image = blockIdx.x / chunks, begin = blockIdx.x % chunks * kChunk;
  const int64_t end = begin + kChunk < per_image ? begin + kChunk : per_image;
  float sums[sum_count] = {};
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) {
    const uint8_t t = target[image * per_image + i];
    const Pixel a(static_cast<float>(logits[image * per_image + i]), t);
    sums[sum_wrong] += t > 1 && a.valid ? 1 : 0;
    if (!a.valid) continue;
    const float p = a.p();
    sums[sum_loss] += weights.apply(Term(o, a), image * per_image + i).value;
    sums[sum_both] += p * a.target();
    sums[sum_target] += a.target();
    sums[sum_square] += p * p;
    sums[sum_valid] += 1;
  }
  for (int k = 0; k < sum_count; ++k) all[k][threadIdx.x] = sums[k];
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) {
      for (int k = 0; k < sum_count; ++k) all[k][threadIdx.x] += all[k][threadIdx.x + half];
    }
  }
  __syncthreads();
  if (threadIdx.x < sum_count)
    partial[static_cast<int64_t>(blockIdx.x) * sum_count + threadIdx.x] = all[threadIdx.x][0];
}

// What the gradient takes from the sums: of_p and of_t per image (d dice / dp = of_p p + of_t t) behind one factor.
struct Factors {
  float *inverse_count, *of_p, *of_t;
};

// sums [n][sum_count] in f64, one block per image.
__global__ void __launch_bounds__(kThreads) image_sums_kernel(int64_t chunks, const float* partial, double* sums) {
  __shared__ double all[kThreads];
  for (int k = 0; k < sum_count; ++k) {
    double sum = 0;
    for (int64_t i = threadIdx.x; i < chunks; i += kThreads) sum += partial[(blockIdx.x * chunks + i) * sum_count + k];
    __syncthreads();
    all[threadIdx.x] = sum;
    for (int half = kThreads / 2; half > 0; half /= 2) {
      __syncthreads();
      if (static_cast<int>(threadIdx.x) < half) all[threadIdx.x] += all[threadIdx.x + half];
    }
    if (threadIdx.x == 0) sums[static_cast<int64_t>(blockIdx.x) * sum_count + k] = all[0];
  }
}

PPL_DEVICE double sum_images(const double* sums, int which, int64_t begin, int64_t end) {
  double total = 0;
  for (int64_t i = begin; i < end; ++i) total += sums[i * sum_count + which];
  return total;
}

// The loss, and the factors; one thread.
__global__ void loss_kernel(PixelLoss o, int64_t n, const double* sums, Factors f, float* loss) {
  const double valid = sum_images(sums, sum_valid, 0, n), inverse = valid > 0 ? 1 / valid : 0;
  double total = sum_images(sums, sum_loss, 0, n) * inverse;
  *f.inverse_count = static_cast<float>(inverse);
  const int64_t groups = o.dice_batch ? 1 : n, size = n / groups;
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t begin = g * size, end = begin + size;
    const double over = 2 * sum_images(sums, sum_both, begin, end) + o.smooth;
    const double under = sum_images(sums, sum_target, begin, end) + sum_images(sums, sum_square, begin, end) + o.smooth;
    const double scale = under > 0 ? static_cast<double>(o.dice) / static_cast<double>(groups) : 0;
    const double safe = under > 0 ? under : 1;
    if (o.dice != 0) total += scale * (1 - over / safe);
    for (int64_t i = begin; i < end; ++i) {
      f.of_p[i] = static_cast<float>(scale * 2 * over / (safe * safe));
      f.of_t[i] = static_cast<float>(scale * -2 / safe);
    }
  }
  *loss = sum_images(sums, sum_wrong, 0, n) > 0 ? nanf("") : static_cast<float>(total);
}

template <class T, class W>
struct Gradient {
  PixelLoss o;
  int64_t per_image;
  Factors f;
  const T* logits;
  const uint8_t* target;
  W weights;
  T* gradient;

  template <int N>
  __device__ void run(int64_t i) const {
    const float scale = *f.inverse_count;
    Pack<N> v = load<N>(logits + i);
    const Vec16<uint8_t, N> t = *reinterpret_cast<const Vec16<uint8_t, N>*>(target + i);
    for (int j = 0; j < N; ++j) {
      const Pixel a(v.v[j], t.v[j]);
      const int64_t image = (i + j) / per_image;
      float slope = weights.apply(Term(o, a), i + j).slope * scale;
      if (o.dice != 0) slope += (f.of_p[image] * a.p() + f.of_t[image] * a.target()) * a.pt * a.q;
      v.v[j] = a.valid ? slope : 0;
    }
    store(gradient + i, v);
  }
};

template <class T, class W>
void compute(CudaContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits, const uint8_t* target,
             W weights, float* loss, T* gradient) {
  const int64_t chunks = ceil_div(per_image, kChunk);
  float* partial = ctx.scratch<float>(slot_partial, static_cast<size_t>(n * chunks * sum_count));
  double* sums = ctx.scratch<double>(slot_lines, static_cast<size_t>(n * sum_count));
  float* table = ctx.scratch<float>(slot_tables, static_cast<size_t>(2 * n + 1));
  const Factors f{table, table + 1, table + 1 + n};
  launch(loss_sums_kernel<T, W>, {blocks_of(n * chunks), kThreads}, ctx.stream, o, per_image, chunks, logits, target,
         weights, partial);
  launch(image_sums_kernel, {blocks_of(n), kThreads}, ctx.stream, chunks, partial, sums);
  launch(loss_kernel, {1, 1}, ctx.stream, o, n, sums, f, loss);
  for_elements<kWide<T>>(ctx, n * per_image, is_wide(logits) && is_wide(target) && is_wide(gradient),
                         Gradient<T, W>{o, per_image, f, logits, target, weights, gradient});
}

}  // namespace

template <class T>
void pixel_loss(CudaContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits,
                const uint8_t* target, float* loss, T* gradient) {
  compute(ctx, o, n, per_image, logits, target, NoWeights{}, loss, gradient);
}

template <class T>
void weighted_pixel_loss(CudaContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits,
                         const uint8_t* target, const float* weight, float* loss, T* gradient) {
  compute(ctx, o, n, per_image, logits, target, Weights{weight}, loss, gradient);
}

template void pixel_loss(CudaContext&, const PixelLoss&, int64_t, int64_t, const float*, const uint8_t*, float*,
                         float*);
template void pixel_loss(CudaContext&, const PixelLoss&, int64_t, int64_t, const bf16*, const uint8_t*, float*, bf16*);
template void weighted_pixel_loss(CudaContext&, const PixelLoss&, int64_t, int64_t, const float*, const uint8_t*,
                                  const float*, float*, float*);
template void weighted_pixel_loss(CudaContext&, const PixelLoss&, int64_t, int64_t, const bf16*, const uint8_t*,
                                  const float*, float*, bf16*);

}  // namespace ppl
