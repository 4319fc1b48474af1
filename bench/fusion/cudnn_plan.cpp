#include "bench/fusion/cudnn_plan.h"

#include <algorithm>

namespace ppl {
namespace {

constexpr int64_t kMaxWorkspace = int64_t{1} << 30;

}  // namespace

GraphPlan::GraphPlan(const PlanTarget& target, const Fusion& f) {
  std::string why;
  for (const bool f32_within : {true, false}) {
    for (const bool f32_vectors : {true, false}) {
      types_ = {f32_vectors, f32_within};
      why += cat(why.empty() ? "" : "; ", f32_vectors ? "f32" : "bf16", " vectors, ", f32_within ? "f32" : "bf16",
                 " within: ");
      try {
        graph_ = std::make_unique<FusionGraph>(f, types_, target.handle);
        if (choose(target, why)) return;
      } catch (const Error& e) {
        why += e.what();
      }
    }
  }
  throw Error(why);
}

// The engines that give the same bits every time first, each in the order of the heuristics.
bool GraphPlan::choose(const PlanTarget& target, std::string& why) {
  std::vector<BackendEngine> all = backend_engines(target, *graph_);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.deterministic > b.deterministic; });
  std::string refusal;
  for (const BackendEngine& e : all) {
    engine_ = e.number, deterministic_ = e.deterministic;
    try {
      plan_ = std::make_unique<BackendPlan>(target, e);
      if (workspace() <= kMaxWorkspace) return true;
      refusal = cat("engine ", engine_, " wants ", workspace(), " bytes of workspace");
    } catch (const Error& refused) {
      refusal = cat("engine ", engine_, ": ", refused.what());
    }
  }
  why += refusal;
  return false;
}

void GraphPlan::run(cudnnHandle_t handle, const Fusion& f, const Arrays& arrays, void* workspace) const {
  std::vector<int64_t> numbers;
  std::vector<void*> data;
  for (size_t i = 0; i < f.tensors.size(); ++i) {
    if (f.tensors[i].role == Role::within) continue;
    numbers.push_back(static_cast<int64_t>(i + 1));
    data.push_back(arrays.raw(f.tensors[i].name));
  }
  plan_->run(handle, numbers, data, workspace);
}

}  // namespace ppl
