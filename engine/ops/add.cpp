#include "kernels/add.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "engine/trace.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

void add_to(const Tensor& a, const Tensor& b, const Tensor& y) {
  with_float_type(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(a.device(), [&](auto& ctx) { add(ctx, a.size(), a.data<T>(), b.data<T>(), y.data<T>()); });
  });
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  const ProfileRange range("add");
  check_same("add", a, b);
  const Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  add_to(a, b, y);
  trace({.op = "add", .inputs = {a, b}, .result = y});
  return record("add", {a, b}, y, [](const Tensor& dy) -> std::vector<Tensor> { return {dy, dy}; });
}

void add_into(const Tensor& to, const Tensor& from) {
  const ProfileRange range("add_into");
  check_same("add_into", to, from);
  add_to(to, from, to);
}

}  // namespace ppl
