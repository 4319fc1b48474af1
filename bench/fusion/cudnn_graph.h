// A fusion (fusion.h) as a graph of cuDNN's backend API.
#pragma once

#include "bench/fusion/fusion.h"
#include "kernels/cuda/cudnn_backend.h"

namespace ppl {

// What a graph leaves open: cuDNN's engines differ in what they take.
struct GraphTypes {
  bool f32_vectors = true, f32_within = true;  // else bf16
};

// The numbers of its tensors are their places in the fusion, from 1 on.
class FusionGraph : public BackendGraph {
 public:
  FusionGraph(const Fusion&, GraphTypes, cudnnHandle_t = nullptr);

 private:
  void add_fusion_tensor(const Fusion&, size_t tensor, GraphTypes);
  void add_step(const Conv&, const FusionStep&);
  void add_difference(int64_t x, int64_t b, int64_t y);
  void add_relu_backward(const FusionStep&);
  void add_statistics(const FusionStep&);
  void add_norm_sums(const FusionStep&);
};

}  // namespace ppl
