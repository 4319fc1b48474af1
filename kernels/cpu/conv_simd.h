// Sixteen f32 lanes from and to memory of either type. Only where the compiler may use AVX-512.
#pragma once

#ifdef __AVX512F__
// g++ 12 takes the intrinsics' own undefined values for mistakes (PR 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "kernels/bf16.h"

namespace ppl {

// The first count lanes, none where count is negative.
inline __mmask16 lanes(int64_t count) {
  return count >= 16 ? 0xffff : count <= 0 ? 0 : static_cast<__mmask16>((1u << count) - 1);
}

inline __m512 load16(const float* p, __mmask16 m = 0xffff) { return _mm512_maskz_loadu_ps(m, p); }
inline __m512 load16(const bf16* p, __mmask16 m = 0xffff) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

inline void store16(float* p, __m512 v, __mmask16 m = 0xffff) { _mm512_mask_storeu_ps(p, m, v); }
inline void store16(bf16* p, __m512 v, __mmask16 m = 0xffff) {
#ifdef __AVX512BF16__
  const __m256i half = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v));
#else
  const __m512i u = _mm512_castps_si512(v), one = _mm512_set1_epi32(1);
  const __m512i odd = _mm512_and_epi32(_mm512_srli_epi32(u, 16), one);
  const __m512i up = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)), odd);
  const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  const __m512i kept = _mm512_mask_or_epi32(up, nan, u, _mm512_set1_epi32(0x400000));
  const __m256i half = _mm512_cvtepi32_epi16(_mm512_srli_epi32(kept, 16));
#endif
  _mm256_mask_storeu_epi16(p, m, half);
}

// Rows become columns.
inline void transpose16(__m512 (&v)[16]) {
  __m512 t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const auto pair = [&](int a, int b, bool high) {
      const __m512d x = _mm512_castps_pd(t[4 * i + a]), y = _mm512_castps_pd(t[4 * i + b]);
      return _mm512_castpd_ps(high ? _mm512_unpackhi_pd(x, y) : _mm512_unpacklo_pd(x, y));
    };
    v[4 * i] = pair(0, 2, false), v[4 * i + 1] = pair(0, 2, true);
    v[4 * i + 2] = pair(1, 3, false), v[4 * i + 3] = pair(1, 3, true);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // 128-bit quarters: v[4 q + i] holds column 4 j + i of rows 4 q..4 q + 3 in quarter j
    const __m512 a = _mm512_shuffle_f32x4(v[i], v[4 + i], 0x88), b = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0x88);
    const __m512 c = _mm512_shuffle_f32x4(v[i], v[4 + i], 0xdd), d = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0xdd);
    t[i] = _mm512_shuffle_f32x4(a, b, 0x88), t[8 + i] = _mm512_shuffle_f32x4(a, b, 0xdd);
    t[4 + i] = _mm512_shuffle_f32x4(c, d, 0x88), t[12 + i] = _mm512_shuffle_f32x4(c, d, 0xdd);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) v[i] = t[i];
}

}  // namespace ppl
#endif
