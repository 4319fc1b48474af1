#include "kernels/cast.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "kernels/profile_range.h"

namespace ppl {

void copy_into(const Tensor& to, const Tensor& from) {
  const ProfileRange range("copy_into");
  PPL_CHECK(to.shape() == from.shape() && to.device() == from.device(), "copy_into: expected ", to_string(to.shape()),
            ", got ", to_string(from.shape()));
  if (to.dtype() == DType::u8) {
    on(to.device(), [&](auto& ctx) { cast(ctx, to.size(), from.data<uint8_t>(), to.data<uint8_t>()); });
    return;
  }
  with_float_type(from.dtype(), [&](auto source) {
    with_float_type(to.dtype(), [&](auto target) {
      using From = decltype(source);
      using To = decltype(target);
      on(to.device(), [&](auto& ctx) { cast(ctx, to.size(), from.data<From>(), to.data<To>()); });
    });
  });
}

Tensor cast(const Tensor& x, DType dtype) {
  const ProfileRange range("cast");
  PPL_CHECK(x.dtype() != DType::u8 && dtype != DType::u8, "cast: expected f32 or bf16, got ", name(x.dtype()), " to ",
            name(dtype));
  if (x.dtype() == dtype) return x;
  const Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  copy_into(y, x);
  return record("cast", {x}, y, [from = x.dtype()](const Tensor& dy) -> std::vector<Tensor> {
    const Tensor dx = Tensor::empty(dy.shape(), from, dy.device());
    copy_into(dx, dy);
    return {dx};
  });
}

}  // namespace ppl
