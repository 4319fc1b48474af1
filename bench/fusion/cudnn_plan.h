// How a device runs a graph (cudnn_graph.h): which of cuDNN's engines takes it.
#pragma once

#include <memory>
#include <string>

#include "bench/fusion/cudnn_graph.h"
#include "bench/fusion/two_steps.h"

namespace ppl {

// A device that is only described, by the JSON of cuDNN's device properties (h100.json). Plans can be made for it where
// there is none; cuDNN's engines that compile at run time still want the driver's library, and are refused without.
BackendDescriptor described_device(const std::string& json);

// For which device plans are made: that of a handle, or a described one.
struct PlanTarget {
  cudnnHandle_t handle = nullptr;
  const BackendDescriptor* properties = nullptr;
};

// The first of the engines that cuDNN proposes that takes the graph, those that give the same bits every time before
// the others.
class GraphPlan {
 public:
  // Error, with what cuDNN says of each set of types, where no engine takes it.
  GraphPlan(const PlanTarget&, const Fusion&);

  // Arrays by prepare_graph. The workspace has at least workspace() bytes.
  void run(cudnnHandle_t, const Fusion&, const Arrays&, void* workspace) const;

  GraphTypes types() const { return types_; }
  int64_t workspace() const { return workspace_; }
  int64_t engine() const { return engine_; }
  bool deterministic() const { return deterministic_; }

 private:
  bool choose(const PlanTarget&, std::string& why);
  void take(const PlanTarget&, const BackendDescriptor& configuration);

  GraphTypes types_;
  std::unique_ptr<BackendGraph> graph_;
  std::unique_ptr<BackendDescriptor> plan_;
  int64_t workspace_ = 0, engine_ = 0;
  bool deterministic_ = false;
};

}  // namespace ppl
