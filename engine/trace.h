// What a forward pass computes, op by op, for code that writes a network down in another form (models/onnx).
#pragma once

#include <functional>

#include "engine/ops.h"

namespace ppl {

struct TracedOp {
  const char* op;              // its name in ops.h; a convolution with the norm after it is one op
  std::vector<Tensor> inputs;  // maps, in the order of the op's arguments
  Tensor result;
  std::vector<Tensor>
      weights{};          // conv, conv_transpose: weight and bias as they are used; pyramid_pool: its parameters
  Tensor parameter{};     // conv, conv_transpose: the layer's own weight, before a norm was folded into it
  ConvOptions options{};  // of a convolution; max_pool: stride and pad
  int window = 0;         // of max_pool
  bool relu = false;      // of a convolution
  Residual residual = Residual::none;  // of a convolution: where inputs[1] is added
};

// From now on the function is told of every op of this thread that can be traced; an empty function ends that. Traced
// are max_pool, add, concat, pyramid_pool, and convolution layers in evaluation mode. The result's content may still be
// missing.
void trace_ops(std::function<void(const TracedOp&)>);

void trace(const TracedOp&);  // for the ops

}  // namespace ppl
