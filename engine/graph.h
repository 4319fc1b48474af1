// Work that is the same each time, as a CUDA graph where it runs on a device.
#pragma once

#include <functional>
#include <optional>

#include "engine/tensor.h"
#include "kernels/cuda/graph.h"

namespace ppl {

class Graph {
 public:
  explicit Graph(Device d) {
    if (d == Device::cuda) graph_.emplace();
  }

  // See CudaGraph::run; on the CPU the work is called each time.
  void run(const std::function<void()>& work) { graph_ ? graph_->run(work) : work(); }
  // Whether the last run called the work no more.
  bool recorded() const { return graph_ && graph_->recorded(); }

 private:
  std::optional<CudaGraph> graph_;
};

}  // namespace ppl
