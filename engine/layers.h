// Convolution and norm layers. In evaluation mode a convolution and the norm after it run as one convolution with
// folded weights, off the tape; in training mode as recorded ops.
#pragma once

#include <memory>

#include "engine/folded_conv.h"
#include "engine/module.h"
#include "engine/ops.h"

namespace ppl {

class BatchNorm2d : public Module {
 public:
  explicit BatchNorm2d(int channels);
  const Tensor weight, bias, running_mean, running_var;

 private:
  void initialize_own(Random&) override;
};

// What both kinds of convolution share: parameters, options and the folded copy.
class ConvLayer : public Module {
 public:
  const Tensor weight;  // OHWI; of a transposed one: that of the convolution that it is the gradient of
  const Tensor bias;    // may be undefined
  const ConvOptions options;

  // relu(conv(x) + bias)
  Tensor forward(const Tensor& x, bool relu = false) const;
  // Convolution, norm, then ReLU and a second map as the options say.
  Tensor forward(const Tensor& x, const BatchNorm2d&, NormOptions, const Tensor& residual = {}) const;

 protected:
  enum class Kind { plain, transposed };
  ConvLayer(Kind, Shape weight_shape, int bias_channels, ConvOptions);

 private:
  Tensor run(const Tensor& x, const Tensor& bias, bool relu) const;

  const Kind kind_;
  mutable FoldedConv folded_;
};

class Conv2d : public ConvLayer {
 public:
  Conv2d(int in, int out, Axes window, ConvOptions, bool bias = true);

 private:
  void initialize_own(Random&) override;  // Kaiming normal by fan out; bias uniform by fan in
};

class ConvTranspose2d : public ConvLayer {
 public:
  ConvTranspose2d(int in, int out, Axes window, ConvOptions);

 private:
  void initialize_own(Random&) override;  // PyTorch's default: uniform, bound 1 / sqrt(out * area of the window)
};

}  // namespace ppl
