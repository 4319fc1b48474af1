// With s = (2t - 1) x: q = sigmoid(-s) = 1 - pt, BCE = softplus(-s), dBCE/ds = -q. Nothing overflows or cancels for
// large |x|.
#include "kernels/pixel_loss.h"
#include "kernels/ignored.h"

#include "kernels/cpu/map_loop.h"
#include "kernels/cpu/vec_math.h"

namespace ppl {
namespace {

constexpr int64_t kChunk = 4096;  // elements summed in f32; chunks are summed in f64

// Per pixel sums: weighted focal and cross entropy; p t; t; p p.
enum Sum { sum_loss, sum_both, sum_target, sum_square, sum_count };

struct Pixel {
  VecInt valid, foreground;
  Vec s, e, pt, q;  // e = exp(-|s|)

  template <class T>
  Pixel(const T* x, const uint8_t* target, All) : Pixel(load(x), load(target)) {}
  template <class T>
  Pixel(const T* x, const uint8_t* target, First f) : Pixel(load(x, f), load(target, f)) {
    const VecInt lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    valid &= lane < splat_int(f.n);
  }
  Pixel(Vec x, VecInt t) : valid(t != kIgnored), foreground(t == 1), s(foreground ? x : -x), e(exp(-abs(s))) {
    const Vec r = 1.0f / (1.0f + e), er = e * r;
    pt = s < Vec{} ? er : r;
    q = s < Vec{} ? r : er;
  }
  Vec p() const { return foreground ? pt : q; }
  Vec target() const { return foreground ? splat(1.0f) : Vec{}; }
  Vec keep(Vec v) const { return valid ? v : Vec{}; }
};

// The focal and cross entropy part: value and slope d/dx.
struct Term {
  Vec value, slope;

  Term(const PixelLoss& o, const Pixel& a) {
    const Vec tail = log1p(a.e), bce = max(-a.s, Vec{}) + tail;
    Vec weight = splat(o.bce), down = o.bce * a.q;  // down = -d/ds
    if (o.focal != 0) {
      const Vec power = o.gamma == 0.5f ? sqrt(a.q) : exp(-o.gamma * (max(a.s, Vec{}) + tail));  // log q = -softplus(s)
      const Vec w = o.focal * (a.foreground ? splat(o.alpha) : splat(1 - o.alpha)) * power;
      weight += w;
      down += o.focal_full_gradient ? w * (a.q + o.gamma * a.pt * bce) : w * a.q;
    }
    value = weight * bce;
    slope = a.foreground ? -down : down;
  }
};

// Weights of the elements, or 1 for all.
struct NoWeights {
  template <class Lanes>
  Term apply(Term t, int64_t, Lanes) const {
    return t;
  }
};
struct Weights {
  const float* weight;
  template <class Lanes>
  Term apply(Term t, int64_t i, Lanes lanes) const {
    const Vec w = load(weight + i, lanes);
    t.value *= w;
    t.slope *= w;
    return t;
  }
};

// For each chunk of the targets: body(index, image, begin, end).
template <class Body>
void for_chunks(int64_t n, int64_t per_image, Body&& body) {
  const int64_t per = ceil_div(per_image, kChunk);
  parallel_for(n * per, kElementGrain / kChunk, [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i) {
      const int64_t image = i / per, begin = image * per_image + i % per * kChunk;
      body(i, image, begin, std::min((image + 1) * per_image, begin + kChunk));
    }
  });
}

int64_t count_valid(CpuContext& ctx, int64_t n, int64_t per_image, const uint8_t* target) {
  const int64_t chunks = n * ceil_div(per_image, kChunk);
  auto* counts = ctx.scratch<int32_t>(CpuSlot::partial, static_cast<size_t>(2 * chunks) + 1);
  for_chunks(n, per_image, [&](int64_t i, int64_t, int64_t begin, int64_t end) {
    int32_t valid = 0, wrong = 0;
    for (int64_t j = begin; j < end; ++j) valid += target[j] != kIgnored, wrong += target[j] > 1;
    counts[2 * i] = valid;
    counts[2 * i + 1] = wrong;
  });
  int64_t valid = 0, wrong = 0;
  for (int64_t i = 0; i < chunks; ++i) valid += counts[2 * i], wrong += counts[2 * i + 1];
  PPL_CHECK(wrong == n * per_image - valid, "pixel_loss: ", wrong - (n * per_image - valid),
            " targets are neither 0, 1 nor 255 (ignored)");
  return valid;
}

struct Dice {
  double loss = 0;
  std::vector<float> of_p, of_t;  // per image: d loss / dp = of_p p + of_t t
};

Dice combine_dice(const PixelLoss& o, int64_t n, const std::vector<double>& sums) {
  Dice d;
  const int64_t groups = o.dice_batch ? 1 : n, size = n / groups;
  for (int64_t g = 0; g < groups; ++g) {
    double both = 0, target = 0, square = 0;
    for (int64_t i = g * size; i < (g + 1) * size; ++i) {
      const double* s = sums.data() + i * sum_count;
      both += s[sum_both], target += s[sum_target], square += s[sum_square];
    }
    const double over = 2 * both + o.smooth, under = target + square + o.smooth;
    const double scale = under > 0 ? static_cast<double>(o.dice) / static_cast<double>(groups) : 0;
    const double safe = under > 0 ? under : 1;
    d.loss += scale * (1 - over / safe);
    d.of_p.insert(d.of_p.end(), static_cast<size_t>(size), static_cast<float>(scale * 2 * over / (safe * safe)));
    d.of_t.insert(d.of_t.end(), static_cast<size_t>(size), static_cast<float>(scale * -2 / safe));
  }
  return d;
}

// sums [n][sum_count] over each image; the gradient in the same pass where there is no dice.
template <class T, class W>
std::vector<double> sum_pixels(CpuContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits,
                               const uint8_t* target, W weights, float inverse_count, T* gradient) {
  const int64_t per = ceil_div(per_image, kChunk);
  float* partial = ctx.scratch<float>(CpuSlot::partial, static_cast<size_t>(n * per * sum_count) + 1);
  const bool dice = o.dice != 0;
  for_chunks(n, per_image, [&](int64_t chunk, int64_t, int64_t begin, int64_t end) {
    Vec acc[sum_count] = {};
    vectors(begin, end, [&](int64_t i, auto lanes) {
      const Pixel a(logits + i, target + i, lanes);
      const Term term = weights.apply(Term(o, a), i, lanes);
      acc[sum_loss] += a.keep(term.value);
      if (dice) {
        const Vec p = a.keep(a.p()), t = a.keep(a.target());
        acc[sum_both] += p * t;
        acc[sum_target] += t;
        acc[sum_square] += p * p;
      } else {
        store(gradient + i, a.keep(term.slope * inverse_count), lanes);
      }
    });
    for (int k = 0; k < sum_count; ++k) partial[chunk * sum_count + k] = sum(acc[k]);
  });
  std::vector<double> sums(static_cast<size_t>(n * sum_count));
  for (int64_t i = 0; i < n * per * sum_count; ++i)
    sums[static_cast<size_t>(i / (per * sum_count) * sum_count + i % sum_count)] += partial[i];
  return sums;
}

template <class T, class W>
void compute(CpuContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits, const uint8_t* target,
             W weights, float* loss, T* gradient) {
  const int64_t count = count_valid(ctx, n, per_image, target);
  const double inverse = count > 0 ? 1.0 / static_cast<double>(count) : 0;
  const auto scale = static_cast<float>(inverse);
  const std::vector<double> sums = sum_pixels(ctx, o, n, per_image, logits, target, weights, scale, gradient);
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += sums[static_cast<size_t>(i * sum_count + sum_loss)] * inverse;
  if (o.dice != 0) {
    const Dice dice = combine_dice(o, n, sums);
    total += dice.loss;
    for_chunks(n, per_image, [&](int64_t, int64_t image, int64_t begin, int64_t end) {
      const float of_p = dice.of_p[static_cast<size_t>(image)], of_t = dice.of_t[static_cast<size_t>(image)];
      vectors(begin, end, [&](int64_t i, auto lanes) {
        const Pixel a(logits + i, target + i, lanes);
        const Vec slope = (of_p * a.p() + of_t * a.target()) * a.pt * a.q;
        store(gradient + i, a.keep(slope + weights.apply(Term(o, a), i, lanes).slope * scale), lanes);
      });
    });
  }
  *loss = static_cast<float>(total);
}

}  // namespace

template <class T>
void pixel_loss(CpuContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits,
                const uint8_t* target, float* loss, T* gradient) {
  compute(ctx, o, n, per_image, logits, target, NoWeights{}, loss, gradient);
}

template <class T>
void weighted_pixel_loss(CpuContext& ctx, const PixelLoss& o, int64_t n, int64_t per_image, const T* logits,
                         const uint8_t* target, const float* weight, float* loss, T* gradient) {
  compute(ctx, o, n, per_image, logits, target, Weights{weight}, loss, gradient);
}

template void pixel_loss(CpuContext&, const PixelLoss&, int64_t, int64_t, const float*, const uint8_t*, float*, float*);
template void pixel_loss(CpuContext&, const PixelLoss&, int64_t, int64_t, const bf16*, const uint8_t*, float*, bf16*);
template void weighted_pixel_loss(CpuContext&, const PixelLoss&, int64_t, int64_t, const float*, const uint8_t*,
                                  const float*, float*, float*);
template void weighted_pixel_loss(CpuContext&, const PixelLoss&, int64_t, int64_t, const bf16*, const uint8_t*,
                                  const float*, float*, bf16*);

}  // namespace ppl
