// Convolution as plain loops over the definition, summed in f64 and rounded once: the oracle of the other algorithms.
#include <algorithm>
#include <vector>

#include "kernels/cpu/conv_impl.h"
#include "kernels/cpu/parallel.h"

namespace ppl::conv_plain {
namespace {

// acc[0..c) to out[0..c) with the epilogue; at is the index of out[0] in the result.
template <class T>
void store(const Epilogue<T>& e, const double* acc, int c, int64_t at, T* out) {
  for (int i = 0; i < c; ++i) {
    double v = acc[i];
    if (e.bias) v += e.bias[i];
    if (e.residual) v += static_cast<float>(e.residual[at + i]);
    if (e.relu && v < 0) v = 0;
    out[at + i] = T(static_cast<float>(v));
  }
}

template <class T>
double dot(const T* a, const T* b, int n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < n; ++i) sum += double{static_cast<float>(a[i])} * static_cast<float>(b[i]);
  return sum;
}

}  // namespace

template <class T>
void forward(const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y) {
  parallel_for(int64_t{p.n} * p.oh * p.ow, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> acc(p.k);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / p.ow / p.oh, oy = i / p.ow % p.oh, ox = i % p.ow;
      std::fill(acc.begin(), acc.end(), 0.0);
      for (int r = 0; r < p.r; ++r) {
        for (int s = 0; s < p.s; ++s) {
          const int64_t iy = oy * p.stride.y - p.pad.y + r * p.dilation.y,
                        ix = ox * p.stride.x - p.pad.x + s * p.dilation.x;
          if (iy < 0 || iy >= p.h || ix < 0 || ix >= p.w) continue;
          const T* pixel = x + ((n * p.h + iy) * p.w + ix) * p.c;
          for (int64_t k = 0; k < p.k; ++k) acc[k] += dot(pixel, w + ((k * p.r + r) * p.s + s) * p.c, p.c);
        }
      }
      store(e, acc.data(), p.k, i * p.k, y);
    }
  });
}

template <class T>
void backward_data(const Conv& p, const T* dy, const T* w, const Epilogue<T>& e, T* dx) {
  parallel_for(int64_t{p.n} * p.h * p.w, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> acc(p.c);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / p.w / p.h, iy = i / p.w % p.h, ix = i % p.w;
      std::fill(acc.begin(), acc.end(), 0.0);
      for (int r = 0; r < p.r; ++r) {
        for (int s = 0; s < p.s; ++s) {
          const int64_t sy = iy + p.pad.y - r * p.dilation.y, sx = ix + p.pad.x - s * p.dilation.x;
          if (sy < 0 || sx < 0 || sy % p.stride.y || sx % p.stride.x) continue;
          const int64_t oy = sy / p.stride.y, ox = sx / p.stride.x;
          if (oy >= p.oh || ox >= p.ow) continue;
          const T* pixel = dy + ((n * p.oh + oy) * p.ow + ox) * p.k;
          for (int64_t k = 0; k < p.k; ++k) {
            const double g = static_cast<float>(pixel[k]);
            const T* row = w + ((k * p.r + r) * p.s + s) * p.c;
            for (int c = 0; c < p.c; ++c) acc[c] += g * static_cast<float>(row[c]);
          }
        }
      }
      store(e, acc.data(), p.c, i * p.c, dx);
    }
  });
}

template <class T>
void backward_weights(const Conv& p, const T* x, const T* dy, float* dw) {
  parallel_for(int64_t{p.k} * p.r * p.s, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> sum(p.c);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t k = i / p.s / p.r, r = i / p.s % p.r, s = i % p.s;
      std::fill(sum.begin(), sum.end(), 0.0);
      for (int64_t row = 0; row < int64_t{p.n} * p.oh; ++row) {
        const int64_t iy = row % p.oh * p.stride.y - p.pad.y + r * p.dilation.y;
        if (iy < 0 || iy >= p.h) continue;
        for (int64_t ox = 0; ox < p.ow; ++ox) {
          const int64_t ix = ox * p.stride.x - p.pad.x + s * p.dilation.x;
          if (ix < 0 || ix >= p.w) continue;
          const double g = static_cast<float>(dy[(row * p.ow + ox) * p.k + k]);
          const T* pixel = x + ((row / p.oh * p.h + iy) * p.w + ix) * p.c;
          for (int c = 0; c < p.c; ++c) sum[c] += g * static_cast<float>(pixel[c]);
        }
      }
      std::transform(sum.begin(), sum.end(), dw + i * p.c, [](double v) { return static_cast<float>(v); });
    }
  });
}

#define PPL_INSTANTIATE(T)                                                              \
  template void forward(const Conv&, const T*, const T*, const Epilogue<T>&, T*);       \
  template void backward_data(const Conv&, const T*, const T*, const Epilogue<T>&, T*); \
  template void backward_weights(const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::conv_plain
