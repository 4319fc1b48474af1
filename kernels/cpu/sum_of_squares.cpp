#include "kernels/sum_of_squares.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

void sum_of_squares(CpuContext& ctx, int64_t n, const float* x, double* result) {
  const auto square = [&](int64_t i, int64_t, auto lanes, Vec(&acc)[1]) {
    const Vec v = load(x + i, lanes);
    acc[0] += v * v;
  };
  channel_sums<1>(ctx, n, 1, square, result);
}

}  // namespace ppl
