// Every operation, NHWC: one line each, shapes in the comment. Bodies live in ops/<name>.cpp.
// Activations are f32 or bf16, parameters and statistics f32, masks u8. Errors name the op and the shapes.
#pragma once

#include <array>

#include "engine/tensor.h"
#include "kernels/conv.h"
#include "kernels/pixel_loss.h"

namespace ppl {

struct ConvOptions {
  Axes stride = 1, pad = 0, dilation = 1;  // one value, or {down, across}
  Axes output_pad = 0;                     // of a transposed convolution: extra rows and columns at the end
};

// Where the second map of a norm goes: y = relu(norm(x) + r) (residual networks) or y = relu(norm(x)) + r (decoder
// skips).
enum class Residual { none, before_relu, after_relu };

struct NormOptions {
  float momentum = 0.1f, epsilon = 1e-5f;
  bool relu = false;
  Residual residual = Residual::none;
};

// Parameters [C] and running statistics [C] of a batch norm. conv_bias [C] (may be undefined) is the bias of the
// convolution before it: it cancels in the normalised map, so it only shifts the running mean, and its gradient is
// exactly zero.
struct NormTensors {
  Tensor weight, bias, running_mean, running_var, conv_bias;
};

// x [N,H,W,C], weight [K,R,S,C], bias [K] or undefined -> relu(conv + bias) [N,OH,OW,K]
Tensor conv(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvOptions, bool relu = false);
// x [N,H,W,C], weight [C,R,S,K] (that of the convolution whose data gradient this is), bias [K] -> [N,OH,OW,K]
Tensor conv_transpose(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvOptions, bool relu = false);
// x [N,H,W,C] -> same; statistics of the batch; updates the running ones (unbiased variance). residual: same shape or
// undefined
Tensor batch_norm(const Tensor& x, const NormTensors&, NormOptions, const Tensor& residual = {});
// The same with the running statistics; not recorded on the tape
Tensor batch_norm_inference(const Tensor& x, const NormTensors&, NormOptions, const Tensor& residual = {});
Tensor max_pool(const Tensor& x, int window, int stride, int pad);       // [N,H,W,C] -> [N,OH,OW,C]
Tensor adaptive_average_pool(const Tensor& x, int grid);                 // [N,H,W,C] -> [N,grid,grid,C]
Tensor bilinear_resize(const Tensor& x, int64_t height, int64_t width);  // half-pixel centres; -> [N,height,width,C]
Tensor upsample_add(const Tensor& x, const Tensor& skip);                // bilinear to skip's size, plus skip
Tensor concat(const std::vector<Tensor>&);                               // along channels
Tensor add(const Tensor& a, const Tensor& b);                            // same shapes
Tensor relu(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor cast(const Tensor& x, DType);  // f32 <-> bf16
// relu(W [resize(S_i pool_i(x)); x] + b) with grids 1, 2, 3, 6: x [N,H,W,C], stages [C/4,1,1,C] each, weight
// [K,1,1,2C], bias [K]
Tensor pyramid_pool(const Tensor& x, const std::array<Tensor, 4>& stages, const Tensor& weight, const Tensor& bias);
// logits [N,H,W,C], target u8 [N,H,W,C] in {0, 1, 255 = ignored}, weight f32 [N,H,W,C] or undefined -> scalar f32
Tensor pixel_loss(const Tensor& logits, const Tensor& target, const PixelLoss&, const Tensor& weight = {});

// In place and off the tape.
void add_into(const Tensor& to, const Tensor& from);
void copy_into(const Tensor& to, const Tensor& from);
void fill(const Tensor&, float value);

}  // namespace ppl
