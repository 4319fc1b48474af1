// A convolution together with what stands before and behind it, as a graph of a few steps: what cuDNN may run in one
// kernel (cudnn_graph.h). The descriptions know nothing of cuDNN, so that their arithmetic is checked without a device.
#pragma once

#include <string>
#include <vector>

#include "kernels/conv.h"

namespace ppl {

// in_map [n,h,w,c], out_map [n,oh,ow,k], weights [k,r,s,c], in_channels [c], out_channels [k] of the convolution.
enum class Extent { in_map, out_map, weights, in_channels, out_channels };

// A tensor within lies between two steps and need be in no memory.
enum class Role { given, result, within };

struct FusionTensor {
  std::string name;
  Extent extent;
  Role role;
  bool f32;  // else bf16: maps, weights, and the vectors that a graph may also take as f32
};

enum class Operation {
  convolve,         // x, w -> y
  input_gradient,   // dy, w -> dx
  weight_gradient,  // x, dy -> dw
  add,              // map, map or vector
  subtract,
  multiply,
  relu,
  relu_backward,  // dy, x -> dy where x > 0, else 0
  statistics,     // x -> sum of x, sum of its squares, for each channel
  norm_sums,      // dz, x, mean, inverse_std, weight -> dweight, dbias, a, b, c, where dx = a dz + b x + c
};

struct FusionStep {
  Operation operation;
  std::vector<size_t> in, out;  // tensors, by their place
};

struct Fusion {
  std::string name;
  Conv shape;
  std::vector<FusionTensor> tensors;
  std::vector<FusionStep> steps;

  const FusionTensor* find(const std::string& tensor) const;  // null where there is none of that name
};

int64_t elements(const Conv&, Extent);

// conv_bias_relu             y = relu(conv(x) + bias): inference, norms folded into weights and bias
// conv_bias_add_relu         y = relu(conv(x) + bias + residual): the same at a block's end
// conv_statistics            y = conv(x) and its statistics: training, forward
// norm_relu_conv_statistics  y = conv(relu(scale x + shift)) and its statistics: the norm before is never written
// norm_relu_weights          dw from dy and relu(scale x + shift), which norm_relu_conv_statistics did not write
// gradient_relu_norm_sums    from dy back to in front of the ReLU and norm before the convolution; a second pass makes
// dx
std::vector<Fusion> fusions_of(const Conv&);

}  // namespace ppl
