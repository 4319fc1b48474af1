#include "kernels/adaptive_average_pool.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "kernels/profile_range.h"

namespace ppl {

Tensor adaptive_average_pool(const Tensor& x, int grid) {
  const ProfileRange range("adaptive_average_pool");
  check_map("adaptive_average_pool", x);
  PPL_CHECK(grid >= 1, "adaptive_average_pool: grid ", grid);
  const AdaptiveAveragePool s{extent(x, 0), extent(x, 1), extent(x, 2), extent(x, 3), grid};
  const Tensor y = Tensor::empty({x.dim(0), grid, grid, x.dim(3)}, x.dtype(), x.device());
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) { adaptive_average_pool_forward(ctx, s, x.data<T>(), y.data<T>()); });
    return record("adaptive_average_pool", {x}, y, [s, shape = x.shape()](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
      on(dy.device(), [&](auto& ctx) { adaptive_average_pool_backward(ctx, s, dy.data<T>(), dx.data<T>()); });
      return {dx};
    });
  });
}

}  // namespace ppl
