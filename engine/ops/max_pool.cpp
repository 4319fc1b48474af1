#include "kernels/max_pool.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "engine/trace.h"
#include "kernels/profile_range.h"

namespace ppl {

Tensor max_pool(const Tensor& x, int window, int stride, int pad) {
  const ProfileRange range("max_pool");
  check_map("max_pool", x);
  PPL_CHECK(window >= 1 && window <= 15 && stride >= 1 && pad >= 0 && pad < window, "max_pool: window ", window,
            ", stride ", stride, ", pad ", pad, " (expected 1 <= window <= 15, 0 <= pad < window)");
  const int h = extent(x, 1), w = extent(x, 2);
  PPL_CHECK(h + 2 * pad >= window && w + 2 * pad >= window, "max_pool: map ", to_string(x.shape()),
            " smaller than window ", window);
  const int oh = (h + 2 * pad - window) / stride + 1, ow = (w + 2 * pad - window) / stride + 1;
  PPL_CHECK((oh - 1) * stride - pad < h && (ow - 1) * stride - pad < w, "max_pool: a window of ", to_string(x.shape()),
            " holds nothing but padding");
  const MaxPool s{extent(x, 0), h, w, extent(x, 3), oh, ow, window, stride, pad};

  const Tensor y = Tensor::empty({x.dim(0), oh, ow, x.dim(3)}, x.dtype(), x.device());
  const Tensor where = Tensor::empty(y.shape(), DType::u8, x.device());
  trace({.op = "max_pool", .inputs = {x}, .result = y, .options = {.stride = stride, .pad = pad}, .window = window});
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) { max_pool_forward(ctx, s, x.data<T>(), y.data<T>(), where.data<uint8_t>()); });
    return record("max_pool", {x}, y, [s, where, shape = x.shape()](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
      on(dy.device(), [&](auto& ctx) { max_pool_backward(ctx, s, dy.data<T>(), where.data<uint8_t>(), dx.data<T>()); });
      return {dx};
    });
  });
}

}  // namespace ppl
