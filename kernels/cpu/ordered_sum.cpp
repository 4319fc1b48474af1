#include "kernels/ordered_sum.h"

#include <algorithm>

namespace ppl {

template <class T>
void ordered_sum(CpuContext&, int64_t n, int parts, const T* x, T* y) {
  constexpr int64_t kPiece = 1024;  // whose sums stay near
  for (int64_t begin = 0; begin < n; begin += kPiece) {
    const int64_t size = std::min(kPiece, n - begin);
    float sums[kPiece] = {};
    for (int p = 0; p < parts; ++p) {
      const T* part = x + p * n + begin;
      for (int64_t i = 0; i < size; ++i) sums[i] += static_cast<float>(part[i]);
    }
    for (int64_t i = 0; i < size; ++i) y[begin + i] = T(sums[i]);
  }
}

template void ordered_sum(CpuContext&, int64_t, int, const float*, float*);
template void ordered_sum(CpuContext&, int64_t, int, const bf16*, bf16*);

}  // namespace ppl
