// The data gradient of a convolution from [N,OH,OW,K] to [N,H,W,C]: forward, backward and the weights' gradient trade
// places.
#include "engine/ops/conv_parts.h"
#include "engine/ops/conv_shape.h"
#include "kernels/conv.h"
#include "kernels/profile_range.h"

namespace ppl {

Tensor conv_transpose(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvOptions o, bool relu) {
  const ProfileRange range("conv_transpose");
  check_conv("conv_transpose", x, weight, o);
  const Conv s = conv_transpose_shape(x, weight, o);
  if (bias.defined()) check_parameter("conv_transpose", "bias", bias, {s.c}, x.device());
  const Tensor y = Tensor::empty({s.n, s.h, s.w, s.c}, x.dtype(), x.device());
  const Tensor w = Tensor(weight.dtype() == x.dtype() ? weight : Tensor::empty(weight.shape(), x.dtype(), x.device()));
  if (!w.same_storage(weight)) copy_into(w, weight);
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Epilogue<T> epilogue{.bias = data_or_null<float>(bias), .relu = relu};
    on(x.device(), [&](auto& ctx) { conv_backward_data(ctx, s, x.data<T>(), w.data<T>(), epilogue, y.data<T>()); });
    const Tensor kept = relu ? y.reshaped(y.shape()) : Tensor();
    return record("conv_transpose", {x, weight, bias}, y, [=](const Tensor& dy) -> std::vector<Tensor> {
      const BeforeEpilogue before = backward_through_epilogue<T>(dy, kept, bias);
      Tensor dx, dw;
      on(dy.device(), [&](auto& ctx) {
        if (x.requires_grad()) {
          dx = Tensor::empty(x.shape(), x.dtype(), x.device());
          conv_forward(ctx, s, before.dz.data<T>(), w.data<T>(), Epilogue<T>{}, dx.data<T>());
        }
        if (weight.requires_grad()) {
          dw = gradient_target(weight);
          conv_backward_weights(ctx, s, before.dz.data<T>(), x.data<T>(), dw.data<float>());
        }
      });
      return {dx, dw, before.dbias};
    });
  });
}

}  // namespace ppl
