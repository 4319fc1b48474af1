#include "kernels/sigmoid.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "kernels/profile_range.h"

namespace ppl {

Tensor sigmoid(const Tensor& x) {
  const ProfileRange range("sigmoid");
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) { sigmoid(ctx, x.size(), x.data<T>(), y.data<T>()); });
    const Tensor saved = y.reshaped(y.shape());
    return record("sigmoid", {x}, y, [saved](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor dx = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
      on(dy.device(),
         [&](auto& ctx) { sigmoid_backward(ctx, dy.size(), dy.data<T>(), saved.data<T>(), dx.data<T>()); });
      return {dx};
    });
  });
}

}  // namespace ppl
