// A thread's elements as floats, read and written 16 bytes at a time.
#pragma once

#include "kernels/cuda/launch.h"

namespace ppl {

// Elements of a 16-byte access.
template <class T>
inline constexpr int kWide = 16 / static_cast<int>(sizeof(T));

template <int N>
struct Pack {
  float v[N];
};

// What one access moves: N elements, at most 16 bytes.
template <class T, int N>
struct alignas(sizeof(T) * N) Vec16 {
  static_assert(sizeof(T) * N <= 16);
  T v[N];
};

template <class T, int N>
using Piece = Vec16<T, (N < kWide<T> ? N : kWide<T>)>;

// p aligned to the access: 16 bytes, or N elements where those are fewer.
template <int N, class T>
PPL_DEVICE Pack<N> load(const T* p) {
  constexpr int kPer = N < kWide<T> ? N : kWide<T>;
  count_moved(N * sizeof(T), 0);
  Pack<N> r;
#pragma unroll
  for (int i = 0; i < N / kPer; ++i) {
    const Piece<T, N> piece = reinterpret_cast<const Piece<T, N>*>(p)[i];
#pragma unroll
    for (int j = 0; j < kPer; ++j) r.v[i * kPer + j] = static_cast<float>(piece.v[j]);
  }
  return r;
}

template <int N>
PPL_DEVICE void store(float* p, const Pack<N>& x) {
  constexpr int kPer = N < kWide<float> ? N : kWide<float>;
  count_moved(0, N * sizeof(float));
#pragma unroll
  for (int i = 0; i < N / kPer; ++i) {
    Piece<float, N> piece;
#pragma unroll
    for (int j = 0; j < kPer; ++j) piece.v[j] = x.v[i * kPer + j];
    reinterpret_cast<Piece<float, N>*>(p)[i] = piece;
  }
}

template <int N>
PPL_DEVICE void store(bf16* p, const Pack<N>& x) {
  static_assert(N == 1 || (N % 2 == 0 && N <= kWide<bf16>));
  count_moved(0, N * sizeof(bf16));
  Piece<bf16, N> piece;
#pragma unroll
  for (int j = 0; j < N; j += 2) {
    const uint32_t pair = round_pair(x.v[j], x.v[N == 1 ? j : j + 1]);
    piece.v[j].bits = static_cast<uint16_t>(pair);
    if constexpr (N > 1) piece.v[j + 1].bits = static_cast<uint16_t>(pair >> 16);
  }
  *reinterpret_cast<Piece<bf16, N>*>(p) = piece;
}

// Whether a pointer may be read in 16-byte accesses (null may: it is not read).
template <class T>
bool is_wide(const T* p) {
  return reinterpret_cast<uintptr_t>(p) % 16 == 0;
}

// body(integral_constant N): N elements of a pixel's channels at once, 1 where they do not divide into 16 bytes or a
// pointer is not aligned to them.
template <class T, class Body>
void with_width(int64_t channels, bool aligned, Body&& body) {
  if (aligned && channels % kWide<T> == 0)
    body(std::integral_constant<int, kWide<T>>{});
  else
    body(std::integral_constant<int, 1>{});
}

}  // namespace ppl
