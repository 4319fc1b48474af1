// LinkNet's decoder block.
#pragma once

#include "engine/layers.h"

namespace ppl {

// 1x1 to in/4, norm, ReLU; transposed 3x3 (doubling the map, or stride 1), norm, ReLU; 1x1 to out, norm, ReLU; plus the
// skip.
class DecoderBlock : public Module {
 public:
  DecoderBlock(int in, int out, bool upsample);
  Tensor forward(const Tensor& x, const Tensor& skip = {}) const;

 private:
  Conv2d conv1_;
  BatchNorm2d norm1_;
  ConvTranspose2d deconv2_;
  BatchNorm2d norm2_;
  Conv2d conv3_;
  BatchNorm2d norm3_;
};

}  // namespace ppl
