// The instructions of AMX that multiply tiles of bf16, each behind a function, and the same in plain C++ for processors
// without them: equal to the bit, so that kernels made of them can be tested anywhere.
#pragma once

#include "kernels/cpu/conv_simd.h"

namespace ppl::conv_tiles {

// Eight tiles of 16 rows of 64 bytes. multiply<D, A, B>: tile D, 16 x 16 f32, += A, 16 x 32 bf16, times B, whose rows
// hold pairs: 16 x 16 x 2.
struct AmxUnit {
  static void begin() {
    struct alignas(64) {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } layout;
    asm volatile("ldtilecfg %0" ::"m"(layout));
  }
  static void end() { asm volatile("tilerelease"); }
  template <int D>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(D));
  }
  template <int D, class T>
  static void load(const T* from, int64_t step) {  // rows are step elements apart
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(step * int64_t{sizeof(T)}), "i"(D) : "memory");
  }
  template <int D>
  static void store(float* to, int64_t step) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(step * int64_t{sizeof(float)}), "i"(D) : "memory");
  }
  template <int D, int A, int B>
  static void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(D), "i"(A), "i"(B));
  }
};

#ifdef __AVX512F__
struct EmulatedUnit {
  static void begin() {}
  static void end() {}
  template <int D>
  static void zero() {
    for (Reg& row : tiles[D]) row = Reg{};
  }
  template <int D, class T>
  static void load(const T* from, int64_t step) {
    for (int i = 0; i < 16; ++i) std::memcpy(&tiles[D][i], from + i * step, sizeof(Reg));
  }
  template <int D>
  static void store(float* to, int64_t step) {
    for (int i = 0; i < 16; ++i) std::memcpy(to + i * step, &tiles[D][i], sizeof(Reg));
  }
  // As the processor does it: the first and the second of all pairs are summed apart, products not rounded, then both
  // are added, then to D; denormals are zero throughout.
  template <int D, int A, int B>
  static void multiply() {
    for (int m = 0; m < 16; ++m) {
      Reg first{}, second{};
      for (int k = 0; k < 16; ++k) {
        const uint32_t a = ((RegBits)tiles[A][m])[k];
        const RegBits b = (RegBits)tiles[B][k];
        first = flush(multiply_add(flush(spread(a << 16)), flush((Reg)(b << 16)), first));
        second = flush(multiply_add(flush(spread(a & 0xffff0000u)), flush((Reg)(b & 0xffff0000u)), second));
      }
      tiles[D][m] = flush(flush(tiles[D][m]) + flush(first + second));
    }
  }

 private:
  static Reg spread(uint32_t bits) { return (Reg)(bits - RegBits{}); }
  static Reg flush(Reg v) {
    const RegBits u = (RegBits)v;
    return (Reg)((u & 0x7f800000u) == 0 ? u & 0x80000000u : u);
  }
  static inline thread_local Reg tiles[8][16];
};
#endif

}  // namespace ppl::conv_tiles
