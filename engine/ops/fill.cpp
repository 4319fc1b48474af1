#include "kernels/fill.h"

#include "engine/dispatch.h"
#include "engine/ops.h"

namespace ppl {

void fill(const Tensor& x, float value) {
  if (x.dtype() == DType::u8) {
    on(x.device(), [&](auto& ctx) { fill(ctx, x.size(), static_cast<uint8_t>(value), x.data<uint8_t>()); });
    return;
  }
  with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) { fill(ctx, x.size(), T(value), x.data<T>()); });
  });
}

}  // namespace ppl
