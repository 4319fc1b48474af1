// bfloat16: the upper half of an IEEE float, rounded to nearest even. Storage only; arithmetic is done in float.
// constexpr, so that nvcc lets kernels use it (--expt-relaxed-constexpr).
#pragma once

#include <bit>
#include <cstdint>

namespace ppl {

struct bf16 {
  uint16_t bits;

  bf16() = default;
  explicit constexpr bf16(float v) {
    const uint32_t u = std::bit_cast<uint32_t>(v);
    const bool is_nan = (u & 0x7fffffffu) > 0x7f800000u;
    bits =
        is_nan ? static_cast<uint16_t>(u >> 16 | 0x40u) : static_cast<uint16_t>((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
  }
  constexpr operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};
static_assert(sizeof(bf16) == 2);

}  // namespace ppl
