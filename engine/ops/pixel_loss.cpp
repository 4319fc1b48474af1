#include "kernels/pixel_loss.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "kernels/profile_range.h"
#include "kernels/scale.h"

namespace ppl {

Tensor pixel_loss(const Tensor& logits, const Tensor& target, const PixelLoss& options, const Tensor& weight) {
  const ProfileRange range("pixel_loss");
  check_map("pixel_loss", logits);
  PPL_CHECK(target.defined() && target.dtype() == DType::u8 && target.shape() == logits.shape(),
            "pixel_loss: expected a u8 target ", to_string(logits.shape()), ", got ",
            target.defined() ? cat(name(target.dtype()), " ", to_string(target.shape())) : std::string("nothing"));
  PPL_CHECK(!weight.defined() || (weight.dtype() == DType::f32 && weight.shape() == logits.shape()),
            "pixel_loss: expected f32 weights ", to_string(logits.shape()), ", got ",
            weight.defined() ? cat(name(weight.dtype()), " ", to_string(weight.shape())) : std::string("nothing"));
  for (const Tensor& t : {target, weight})
    PPL_CHECK(!t.defined() || t.device() == logits.device(), "pixel_loss: logits on ", name(logits.device()),
              ", target or weights on ", name(t.device()));
  const int64_t per_image = logits.size() / logits.dim(0);
  const Tensor loss = Tensor::empty({1}, DType::f32, logits.device());
  const Tensor gradient = Tensor::empty(logits.shape(), logits.dtype(), logits.device());
  return with_float_type(logits.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(logits.device(), [&](auto& ctx) {
      if (weight.defined()) {
        weighted_pixel_loss(ctx, options, logits.dim(0), per_image, logits.data<T>(), target.data<uint8_t>(),
                            weight.data<float>(), loss.data<float>(), gradient.data<T>());
      } else {
        pixel_loss(ctx, options, logits.dim(0), per_image, logits.data<T>(), target.data<uint8_t>(), loss.data<float>(),
                   gradient.data<T>());
      }
    });
    return record("pixel_loss", {logits}, loss, [gradient](const Tensor& dy) -> std::vector<Tensor> {
      on(dy.device(),
         [&](auto& ctx) { scale(ctx, gradient.size(), dy.data<float>(), gradient.data<T>(), gradient.data<T>()); });
      return {gradient};
    });
  });
}

}  // namespace ppl
