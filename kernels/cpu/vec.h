// Sixteen floats at a time, loaded from and stored to float or bf16. GCC vectors: one AVX-512 register where there is
// one, several smaller ones elsewhere.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "kernels/bf16.h"

namespace ppl {

constexpr int kLanes = 16;
typedef float Vec __attribute__((vector_size(64)));
typedef int32_t VecInt __attribute__((vector_size(64)));
typedef uint32_t VecUint __attribute__((vector_size(64)));

// How many lanes of a vector take part: all, or the first n (the others load as zero and are not stored).
struct All {};
struct First {
  int n;
};

namespace vec_detail {
typedef uint16_t Half __attribute__((vector_size(32)));
typedef uint8_t Quarter __attribute__((vector_size(16)));
typedef float LooseVec __attribute__((vector_size(64), aligned(4)));
typedef uint16_t LooseHalf __attribute__((vector_size(32), aligned(2)));
typedef uint8_t LooseQuarter __attribute__((vector_size(16), aligned(1)));

// Intrinsics because g++ 12 takes these conversions apart, and masked ones because it warns about the others.
inline Vec widen(Half h) {
#ifdef __AVX512F__
  return (Vec)((VecUint)_mm512_maskz_cvtepu16_epi32(0xffff, (__m256i)h) << 16);
#else
  return (Vec)(__builtin_convertvector(h, VecUint) << 16);
#endif
}

inline VecInt widen(Quarter q) {
#ifdef __AVX512F__
  return (VecInt)_mm512_maskz_cvtepu8_epi32(0xffff, (__m128i)q);
#else
  return __builtin_convertvector(q, VecInt);
#endif
}

inline Quarter narrow(VecInt v) {
#ifdef __AVX512F__
  return (Quarter)_mm512_maskz_cvtepi32_epi8(0xffff, (__m512i)v);
#else
  return __builtin_convertvector(v, Quarter);
#endif
}

inline Half narrow(Vec v) {
#ifdef __AVX512BF16__
  return (Half)_mm512_cvtneps_pbh((__m512)v);
#else
  const VecUint u = (VecUint)v;
  const VecUint rounded = (u + 0x7fffu + (u >> 16 & 1u)) >> 16, quiet_nan = u >> 16 | 0x40u;
  return __builtin_convertvector((VecUint)((u & 0x7fffffffu) > 0x7f800000u ? quiet_nan : rounded), Half);
#endif
}
}  // namespace vec_detail

inline Vec splat(float v) { return v - Vec{}; }
inline VecInt splat_int(int32_t v) { return v - VecInt{}; }

inline Vec load(const float* p, All = {}) { return *reinterpret_cast<const vec_detail::LooseVec*>(p); }
inline Vec load(const bf16* p, All = {}) {
  return vec_detail::widen(*reinterpret_cast<const vec_detail::LooseHalf*>(p));
}
inline VecInt load(const uint8_t* p, All = {}) {
  return vec_detail::widen(*reinterpret_cast<const vec_detail::LooseQuarter*>(p));
}
inline void store(float* p, Vec v, All = {}) { *reinterpret_cast<vec_detail::LooseVec*>(p) = v; }
inline void store(bf16* p, Vec v, All = {}) { *reinterpret_cast<vec_detail::LooseHalf*>(p) = vec_detail::narrow(v); }
inline void store(uint8_t* p, VecInt v, All = {}) {
  *reinterpret_cast<vec_detail::LooseQuarter*>(p) = vec_detail::narrow(v);
}

inline Vec load(const float* p, First f) {
#ifdef __AVX512F__
  return (Vec)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << f.n) - 1), p);
#else
  Vec v{};
  for (int i = 0; i < f.n; ++i) v[i] = p[i];
  return v;
#endif
}
inline Vec load(const bf16* p, First f) {
  vec_detail::Half h{};
  std::memcpy(&h, p, static_cast<size_t>(f.n) * sizeof(bf16));
  return vec_detail::widen(h);
}
inline VecInt load(const uint8_t* p, First f) {
  vec_detail::Quarter q{};
  std::memcpy(&q, p, static_cast<size_t>(f.n));
  return vec_detail::widen(q);
}
inline void store(float* p, Vec v, First f) {
#ifdef __AVX512F__
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << f.n) - 1), (__m512)v);
#else
  std::memcpy(p, &v, static_cast<size_t>(f.n) * sizeof(float));
#endif
}
inline void store(bf16* p, Vec v, First f) {
  const vec_detail::Half h = vec_detail::narrow(v);
  std::memcpy(static_cast<void*>(p), &h, static_cast<size_t>(f.n) * sizeof(bf16));
}
inline void store(uint8_t* p, VecInt v, First f) {
  const vec_detail::Quarter q = vec_detail::narrow(v);
  std::memcpy(p, &q, static_cast<size_t>(f.n));
}

inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }
// best = value and from = index in the lanes where value > best or value is NaN. Intrinsics: g++ 12 makes vectors of
// the two masks to combine them.
inline void take_greater(Vec value, VecInt index, Vec& best, VecInt& from) {
#ifdef __AVX512F__
  const auto better = static_cast<__mmask16>(_mm512_cmp_ps_mask((__m512)value, (__m512)best, _CMP_GT_OQ) |
                                             _mm512_cmp_ps_mask((__m512)value, (__m512)value, _CMP_UNORD_Q));
  best = (Vec)_mm512_mask_mov_ps((__m512)best, better, (__m512)value);
  from = (VecInt)_mm512_mask_mov_epi32((__m512i)from, better, (__m512i)index);
#else
  const VecInt better = (value > best) | (value != value);
  best = better ? value : best;
  from = better ? index : from;
#endif
}
inline Vec relu(Vec v) { return v < Vec{} ? Vec{} : v; }  // keeps NaN
inline float sum(Vec v) {
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) v[i] += v[i + width];
  }
  return v[0];
}

}  // namespace ppl
