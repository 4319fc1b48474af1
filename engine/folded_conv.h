// A convolution for inference: the norm after it folded into its weights, packed once for as long as they stay the
// same.
#pragma once

#include <array>
#include <memory>

#include "engine/ops.h"

namespace ppl {

class BatchNorm2d;
class ConvLayer;

class FoldedConv {
 public:
  // Makes the folded weights anew where a parameter or statistic has changed since, or the type is another.
  // norm may be null.
  void prepare(const ConvLayer&, bool transposed, const BatchNorm2d* norm, DType, float epsilon = 0);

  // As the op conv or conv_transpose with norm, ReLU and second map; nothing is recorded.
  Tensor forward(const Tensor& x, const ConvOptions&, bool relu, Residual, const Tensor& residual) const;

 private:
  bool transposed_ = false;
  DType dtype_ = DType::f32;
  std::array<uint64_t, 6> versions_{};
  Tensor parameter_;  // what the folded weight was made of
  Tensor weight_, bias_;
  std::unique_ptr<PackedWeights> packed_;
};

}  // namespace ppl
