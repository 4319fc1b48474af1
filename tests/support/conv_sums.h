// Single results of a convolution and of its gradients as f64 sums over the definition.
#pragma once

#include "kernels/conv.h"

namespace ppl {

// y[at], before bias, residual and ReLU.
template <class T>
double forward_sum(const Conv& p, const T* x, const T* w, int64_t at) {
  const int64_t k = at % p.k, ox = at / p.k % p.ow, oy = at / p.k / p.ow % p.oh, n = at / p.k / p.ow / p.oh;
  double sum = 0;
  for (int64_t r = 0; r < p.r; ++r) {
    for (int64_t s = 0; s < p.s; ++s) {
      const int64_t iy = oy * p.stride.y - p.pad.y + r * p.dilation.y,
                    ix = ox * p.stride.x - p.pad.x + s * p.dilation.x;
      if (iy < 0 || iy >= p.h || ix < 0 || ix >= p.w) continue;
      const T *a = x + ((n * p.h + iy) * p.w + ix) * p.c, *b = w + ((k * p.r + r) * p.s + s) * p.c;
      for (int64_t c = 0; c < p.c; ++c) sum += double{static_cast<float>(a[c])} * static_cast<float>(b[c]);
    }
  }
  return sum;
}

// dx[at]
template <class T>
double data_sum(const Conv& p, const T* dy, const T* w, int64_t at) {
  const int64_t c = at % p.c, ix = at / p.c % p.w, iy = at / p.c / p.w % p.h, n = at / p.c / p.w / p.h;
  double sum = 0;
  for (int64_t r = 0; r < p.r; ++r) {
    for (int64_t s = 0; s < p.s; ++s) {
      const int64_t y = iy + p.pad.y - r * p.dilation.y, x = ix + p.pad.x - s * p.dilation.x;
      const int64_t oy = y / p.stride.y, ox = x / p.stride.x;
      if (y < 0 || x < 0 || y % p.stride.y || x % p.stride.x || oy >= p.oh || ox >= p.ow) continue;
      const T* a = dy + ((n * p.oh + oy) * p.ow + ox) * p.k;
      for (int64_t k = 0; k < p.k; ++k) {
        sum += double{static_cast<float>(a[k])} * static_cast<float>(w[((k * p.r + r) * p.s + s) * p.c + c]);
      }
    }
  }
  return sum;
}

// dw[at]
template <class T>
double weights_sum(const Conv& p, const T* x, const T* dy, int64_t at) {
  const int64_t c = at % p.c, s = at / p.c % p.s, r = at / p.c / p.s % p.r, k = at / p.c / p.s / p.r;
  double sum = 0;
  for (int64_t n = 0; n < p.n; ++n) {
    for (int64_t oy = 0; oy < p.oh; ++oy) {
      const int64_t iy = oy * p.stride.y - p.pad.y + r * p.dilation.y;
      if (iy < 0 || iy >= p.h) continue;
      for (int64_t ox = 0; ox < p.ow; ++ox) {
        const int64_t ix = ox * p.stride.x - p.pad.x + s * p.dilation.x;
        if (ix < 0 || ix >= p.w) continue;
        sum += double{static_cast<float>(x[((n * p.h + iy) * p.w + ix) * p.c + c])} *
               static_cast<float>(dy[((n * p.oh + oy) * p.ow + ox) * p.k + k]);
      }
    }
  }
  return sum;
}

}  // namespace ppl
