#include "kernels/bilinear_resize.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

// resize(x) to height x width, plus skip where it is defined.
Tensor resize(const char* op, const Tensor& x, int64_t height, int64_t width, const Tensor& skip) {
  const BilinearResize s{extent(x, 0),           extent(x, 1), extent(x, 2), extent(x, 3), static_cast<int>(height),
                         static_cast<int>(width)};
  const Tensor y = Tensor::empty({x.dim(0), height, width, x.dim(3)}, x.dtype(), x.device());
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(),
       [&](auto& ctx) { bilinear_resize_forward(ctx, s, x.data<T>(), data_or_null<T>(skip), y.data<T>()); });
    const bool x_wanted = x.requires_grad();
    return record(op, {x, skip}, y, [s, x_wanted, shape = x.shape()](const Tensor& dy) -> std::vector<Tensor> {
      if (!x_wanted) return {Tensor(), dy};
      const Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
      on(dy.device(), [&](auto& ctx) { bilinear_resize_backward(ctx, s, dy.data<T>(), dx.data<T>()); });
      return {dx, dy};
    });
  });
}

}  // namespace

Tensor bilinear_resize(const Tensor& x, int64_t height, int64_t width) {
  const ProfileRange range("bilinear_resize");
  check_map("bilinear_resize", x);
  PPL_CHECK(height >= 1 && width >= 1 && height < int64_t{1} << 31 && width < int64_t{1} << 31, "bilinear_resize: of ",
            to_string(x.shape()), " to ", height, "x", width);
  return resize("bilinear_resize", x, height, width, {});
}

Tensor upsample_add(const Tensor& x, const Tensor& skip) {
  const ProfileRange range("upsample_add");
  check_map("upsample_add", x);
  check_map("upsample_add", skip);
  PPL_CHECK(x.dim(0) == skip.dim(0) && x.dim(3) == skip.dim(3) && x.dtype() == skip.dtype(),
            "upsample_add: ", name(x.dtype()), " ", to_string(x.shape()), " cannot be added to ", name(skip.dtype()),
            " ", to_string(skip.shape()));
  return resize("upsample_add", x, skip.dim(1), skip.dim(2), skip);
}

}  // namespace ppl
