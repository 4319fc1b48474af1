// How a device runs a graph (cudnn_graph.h): which of cuDNN's engines takes it.
#pragma once

#include <memory>
#include <string>

#include "bench/fusion/cudnn_graph.h"
#include "bench/fusion/two_steps.h"

namespace ppl {

// The first of the engines that cuDNN proposes that takes the graph, those that give the same bits every time before
// the others.
class GraphPlan {
 public:
  // Error, with what cuDNN says of each set of types, where no engine takes it.
  GraphPlan(const PlanTarget&, const Fusion&);

  // Arrays by prepare_graph. The workspace has at least workspace() bytes.
  void run(cudnnHandle_t, const Fusion&, const Arrays&, void* workspace) const;

  GraphTypes types() const { return types_; }
  int64_t workspace() const { return plan_->workspace(); }
  int64_t engine() const { return engine_; }
  bool deterministic() const { return deterministic_; }

 private:
  bool choose(const PlanTarget&, std::string& why);

  GraphTypes types_;
  std::unique_ptr<FusionGraph> graph_;
  std::unique_ptr<BackendPlan> plan_;
  int64_t engine_ = 0;
  bool deterministic_ = false;
};

}  // namespace ppl
