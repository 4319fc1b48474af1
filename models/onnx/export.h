// Networks as ONNX files, for onnxruntime, OpenVINO and others.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/linknet.h"

namespace ppl {

// What a model does beside the network's own work, so that images go in as they are and argmax gives the mask.
struct OnnxWhole {
  std::vector<int> bands;         // of the image, from 1, that the network takes, in its order
  std::vector<double> mean, std;  // one a band, of values from 0 to 1
  double threshold = 0.25;        // in [0, 1): what is foreground
  bool bytes = false;             // images are u8; else floats from 0 to 1
};

struct OnnxOptions {
  int64_t batch = 1;                  // 0: free
  int64_t height = 512, width = 512;  // multiples of 32; both 0: free
  std::optional<OnnxWhole> whole{};
};

// The bytes of an ONNX model (opset 17): "input" [N,bands,H,W], normalised, to "logits" [N,classes,H,W]. Norms are
// folded into the convolutions, as in our own inference. Pyramid pooling is products with matrices of means, which
// equal adaptive pooling at every size; at free sizes the graph computes these matrices. The graph is what a forward
// pass of the network does (engine/trace.h). Error for sizes that the network cannot take, for a network in training
// mode, and for ops that cannot be traced.
// whole: "image" [N,highest of bands,H,W], as a file has its bands, to "probabilities" [N,1 + classes,H,W]: channel 0
// is the background, min(1, (1 - p) t / (1 - t)) with the highest probability p of a class and the threshold t, so that
// it is the largest exactly where p <= t; the others are the sigmoids of the logits.
std::string onnx_model(const LinkNet&, const OnnxOptions&, const std::map<std::string, std::string>& metadata);

}  // namespace ppl
