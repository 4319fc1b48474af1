#include "models/decoder.h"

namespace ppl {

DecoderBlock::DecoderBlock(int in, int out, bool upsample)
    : conv1_(in, in / 4, 1, {}),
      norm1_(in / 4),
      deconv2_(in / 4, in / 4, 3, {.stride = upsample ? 2 : 1, .pad = 1, .output_pad = upsample ? 1 : 0}),
      norm2_(in / 4),
      conv3_(in / 4, out, 1, {}),
      norm3_(out) {
  child("conv1", conv1_);
  child("norm1", norm1_);
  child("deconv2", deconv2_);
  child("norm2", norm2_);
  child("conv3", conv3_);
  child("norm3", norm3_);
}

Tensor DecoderBlock::forward(const Tensor& x, const Tensor& skip) const {
  constexpr NormOptions norm_relu{.relu = true};
  const NormOptions last{.relu = true, .residual = skip.defined() ? Residual::after_relu : Residual::none};
  return conv3_.forward(deconv2_.forward(conv1_.forward(x, norm1_, norm_relu), norm2_, norm_relu), norm3_, last, skip);
}

}  // namespace ppl
