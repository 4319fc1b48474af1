#include "kernels/concat.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "engine/trace.h"
#include "kernels/profile_range.h"

namespace ppl {

Tensor concat(const std::vector<Tensor>& parts) {
  const ProfileRange range("concat");
  PPL_CHECK(!parts.empty(), "concat: nothing to concatenate");
  const Tensor& first = parts[0];
  int64_t channels = 0;
  for (const Tensor& p : parts) {
    check_map("concat", p);
    PPL_CHECK(
        p.dtype() == first.dtype() && p.dim(0) == first.dim(0) && p.dim(1) == first.dim(1) && p.dim(2) == first.dim(2),
        "concat: expected ", name(first.dtype()), " maps of size ", to_string(first.shape()), ", got ", name(p.dtype()),
        " ", to_string(p.shape()));
    channels += p.dim(3);
  }
  const int64_t pixels = first.dim(0) * first.dim(1) * first.dim(2);
  const Tensor y = Tensor::empty({first.dim(0), first.dim(1), first.dim(2), channels}, first.dtype(), first.device());
  trace({.op = "concat", .inputs = parts, .result = y});
  return with_float_type(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::vector<Shape> shapes;
    int64_t at = 0;
    for (const Tensor& p : parts) {
      on(y.device(),
         [&](auto& ctx) { copy_channels(ctx, pixels, p.dim(3), p.data<T>(), p.dim(3), y.data<T>() + at, channels); });
      at += p.dim(3);
      shapes.push_back(p.shape());
    }
    return record("concat", parts, y, [shapes, pixels, channels](const Tensor& dy) {
      std::vector<Tensor> grads;
      int64_t from = 0;
      for (const Shape& s : shapes) {
        grads.push_back(Tensor::empty(s, dy.dtype(), dy.device()));
        on(dy.device(), [&](auto& ctx) {
          copy_channels(ctx, pixels, s[3], dy.data<T>() + from, channels, grads.back().data<T>(), s[3]);
        });
        from += s[3];
      }
      return grads;
    });
  });
}

}  // namespace ppl
