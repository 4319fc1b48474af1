#include "kernels/relu.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "kernels/profile_range.h"

namespace ppl {

Tensor relu(const Tensor& x) {
  const ProfileRange range("relu");
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) { relu(ctx, x.size(), x.data<T>(), y.data<T>()); });
    const Tensor saved = y.reshaped(y.shape());
    return record("relu", {x}, y, [saved](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor dx = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
      on(dy.device(), [&](auto& ctx) { relu_backward(ctx, dy.size(), dy.data<T>(), saved.data<T>(), dx.data<T>()); });
      return {dx};
    });
  });
}

}  // namespace ppl
