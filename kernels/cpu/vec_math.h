// exp and log(1 + x) on sixteen lanes, within two units in the last place.
#pragma once

#include "kernels/cpu/vec.h"

namespace ppl {

// exp(x) = 2^n exp(r), |r| <= ln(2) / 2, n applied in two halves so that results near zero stay exact. NaN stays NaN.
inline Vec exp(Vec x) {
  const Vec lowest = splat(-104.0f), highest = splat(89.0f);
  x = x < lowest ? lowest : x > highest ? highest : x;
  const Vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vec rounded = x * 1.44269504f + magic;
  const Vec n = rounded - magic;
  const Vec r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vec p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const VecInt whole = (VecInt)rounded - (VecInt)magic, half = whole >> 1;
  return p * (Vec)((half + 127) << 23) * (Vec)((whole - half + 127) << 23);
}

// log(1 + x) for 0 <= x <= 1, by the series of 2 atanh(z), z = x / (2 + x) <= 1/3.
inline Vec log1p(Vec x) {
  const Vec z = x / (x + 2.0f), s = z * z;
  Vec p = splat(2.0f / 15);
  p = p * s + 2.0f / 13;
  p = p * s + 2.0f / 11;
  p = p * s + 2.0f / 9;
  p = p * s + 2.0f / 7;
  p = p * s + 2.0f / 5;
  p = p * s + 2.0f / 3;
  return p * s * z + 2.0f * z;
}

inline Vec abs(Vec x) { return (Vec)((VecUint)x & 0x7fffffffu); }

inline Vec sigmoid(Vec x) {
  const Vec e = exp(-abs(x));
  return (x < Vec{} ? e : splat(1.0f)) / (1.0f + e);
}

inline Vec sqrt(Vec x) {
#ifdef __AVX512F__
  return (Vec)_mm512_maskz_sqrt_ps(0xffff, (__m512)x);  // g++ 12 warns inside _mm512_sqrt_ps
#else
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

}  // namespace ppl
