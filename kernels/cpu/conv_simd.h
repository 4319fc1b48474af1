// One register of f32 lanes from and to memory of either type, for kernels that count registers.
#pragma once

#if defined(__AVX512F__) || defined(__FMA__)
// g++ 12 takes the intrinsics' own undefined values for mistakes (PR 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels/bf16.h"

namespace ppl {

#if defined(__AVX512F__)
constexpr int kWidth = 16, kRegisters = 32;
#elif defined(__AVX__)
constexpr int kWidth = 8, kRegisters = 16;
#elif defined(__aarch64__)
constexpr int kWidth = 4, kRegisters = 32;
#else
constexpr int kWidth = 4, kRegisters = 16;
#endif

typedef float Reg __attribute__((vector_size(4 * kWidth), may_alias));
typedef uint32_t RegBits __attribute__((vector_size(4 * kWidth), may_alias));
typedef uint16_t RegHalf __attribute__((vector_size(2 * kWidth), may_alias));

inline Reg load_aligned(const float* p) { return *reinterpret_cast<const Reg*>(p); }
inline void store_aligned(float* p, Reg v) { *reinterpret_cast<Reg*>(p) = v; }
inline Reg broadcast(float v) { return v - Reg{}; }
inline Reg relu(Reg v) { return v < Reg{} ? Reg{} : v; }  // keeps NaN

// a b + c, rounded once where the machine can.
inline Reg multiply_add(Reg a, Reg b, Reg c) {
#if defined(__AVX512F__)
  return (Reg)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  return (Reg)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
  return (Reg)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

inline RegHalf to_bf16(Reg v) {
#ifdef __AVX512BF16__
  return (RegHalf)_mm512_cvtneps_pbh((__m512)v);
#else
  const RegBits u = (RegBits)v;
  const RegBits rounded = (u + 0x7fffu + (u >> 16 & 1u)) >> 16, quiet_nan = u >> 16 | 0x40u;
  const RegBits kept = (RegBits)((u & 0x7fffffffu) > 0x7f800000u ? quiet_nan : rounded);
#ifdef __AVX512F__
  return (RegHalf)_mm512_maskz_cvtepi32_epi16(0xffff, (__m512i)kept);
#else
  return __builtin_convertvector(kept, RegHalf);
#endif
#endif
}

// The first count lanes, none where count is negative. Others load as zero and are not stored.
#ifdef __AVX512F__
using Lanes = __mmask16;
constexpr Lanes all_lanes = 0xffff;
inline Lanes lanes(int64_t count) {
  return count >= 16 ? 0xffff : count <= 0 ? 0 : static_cast<__mmask16>((1u << count) - 1);
}
inline Reg load_lanes(const float* p, Lanes m = all_lanes) { return (Reg)_mm512_maskz_loadu_ps(m, p); }
inline Reg load_lanes(const bf16* p, Lanes m = all_lanes) {
  return (Reg)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, p)), 16);
}
inline void store_lanes(float* p, Reg v, Lanes m = all_lanes) { _mm512_mask_storeu_ps(p, m, (__m512)v); }
inline void store_lanes(bf16* p, Reg v, Lanes m = all_lanes) { _mm256_mask_storeu_epi16(p, m, (__m256i)to_bf16(v)); }
#else
using Lanes = int;
constexpr Lanes all_lanes = kWidth;
inline Lanes lanes(int64_t count) { return static_cast<Lanes>(std::clamp<int64_t>(count, 0, kWidth)); }

// Whole vectors by one instruction, others lane by lane: a copy of unknown size would be a call.
template <class V, class T>
inline V load_some(const T* p, Lanes m) {
  V v{};
  if (m == kWidth) {
    std::memcpy(&v, p, sizeof v);
  } else {
    const auto* from = reinterpret_cast<const std::remove_reference_t<decltype(v[0])>*>(p);
    for (int i = 0; i < m; ++i) v[i] = from[i];
  }
  return v;
}
template <class V, class T>
inline void store_some(T* p, V v, Lanes m) {
  if (m == kWidth) {
    std::memcpy(static_cast<void*>(p), &v, sizeof v);
  } else {
    auto* to = reinterpret_cast<std::remove_reference_t<decltype(v[0])>*>(p);
    for (int i = 0; i < m; ++i) to[i] = v[i];
  }
}
inline Reg load_lanes(const float* p, Lanes m = all_lanes) { return load_some<Reg>(p, m); }
inline Reg load_lanes(const bf16* p, Lanes m = all_lanes) {
  return (Reg)(__builtin_convertvector(load_some<RegHalf>(p, m), RegBits) << 16);
}
inline void store_lanes(float* p, Reg v, Lanes m = all_lanes) { store_some(p, v, m); }
inline void store_lanes(bf16* p, Reg v, Lanes m = all_lanes) { store_some(p, to_bf16(v), m); }
#endif

// One stage of the transposition: lanes whose number has bit Step change places between rows Step apart.
template <int Step, int... Lane>
inline void transpose_stage(Reg* v, std::integer_sequence<int, Lane...>) {
#pragma GCC unroll 16
  for (int i = 0; i < kWidth; ++i) {
    if (i & Step) continue;
    const Reg a = v[i], b = v[i + Step];
    v[i] = __builtin_shufflevector(a, b, (Lane & Step ? kWidth + Lane - Step : Lane)...);
    v[i + Step] = __builtin_shufflevector(a, b, (Lane & Step ? kWidth + Lane : Lane + Step)...);
  }
}

// v[kWidth]: rows become columns.
template <int Step = 1>
inline void transpose(Reg* v) {
  transpose_stage<Step>(v, std::make_integer_sequence<int, kWidth>());
  if constexpr (Step * 2 < kWidth) transpose<Step * 2>(v);
}

}  // namespace ppl
