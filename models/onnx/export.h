// Networks as ONNX files, for onnxruntime, OpenVINO and others.
#pragma once

#include <map>
#include <string>

#include "models/linknet.h"

namespace ppl {

struct OnnxOptions {
  int64_t batch = 1;                  // 0: free
  int64_t height = 512, width = 512;  // multiples of 32; both 0: free
};

// The bytes of an ONNX model (opset 17): "input" [N,bands,H,W], normalised, to "logits" [N,classes,H,W]. Norms are
// folded into the convolutions, as in our own inference. Pyramid pooling is products with matrices of means, which
// equal adaptive pooling at every size; at free sizes the graph computes these matrices. The graph is what a forward
// pass of the network does (engine/trace.h). Error for sizes that the network cannot take, for a network in training
// mode, and for ops that cannot be traced.
std::string onnx_model(const LinkNet&, const OnnxOptions&, const std::map<std::string, std::string>& metadata);

}  // namespace ppl
