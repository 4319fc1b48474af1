#include "bench/fusion/cudnn_plan.h"

#include <algorithm>
#include <array>

namespace ppl {
namespace {

constexpr int64_t kMaxConfigurations = 64, kMaxWorkspace = int64_t{1} << 30;

// The configurations of engines that a heuristic proposes; none where it fails, and why.
std::vector<BackendDescriptor> proposed(const PlanTarget& target, const BackendGraph& graph,
                                        cudnnBackendHeurMode_t mode) {
  BackendDescriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.with(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.raw()).with(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (target.properties) heuristic.with(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, target.properties->raw());
  heuristic.finalize();
  std::vector<BackendDescriptor> all;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (int64_t i = 0; i < kMaxConfigurations; ++i) {
    all.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    raw.push_back(all.back().raw());
  }
  const int64_t found =
      heuristic.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, kMaxConfigurations, raw.data());
  all.erase(all.begin() + std::min(found, kMaxConfigurations), all.end());
  return all;
}

struct Engine {
  int64_t number = 0;
  bool deterministic = true;
};

Engine engine_of(const BackendDescriptor& configuration) {
  const BackendDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine.raw();
  configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
  Engine e;
  engine.get(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &e.number);
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const int64_t count =
      engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, notes.size(), notes.data());
  e.deterministic =
      std::find(notes.begin(), notes.begin() + count, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) == notes.begin() + count;
  return e;
}

}  // namespace

BackendDescriptor described_device(const std::string& json) {
  BackendDescriptor d(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  d.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, std::ssize(json), json.data()).finalize();
  return d;
}

GraphPlan::GraphPlan(const PlanTarget& target, const Fusion& f) {
  std::string why;
  for (const bool f32_within : {true, false}) {
    for (const bool f32_vectors : {true, false}) {
      types_ = {f32_vectors, f32_within};
      why += cat(why.empty() ? "" : "; ", f32_vectors ? "f32" : "bf16", " vectors, ", f32_within ? "f32" : "bf16",
                 " within: ");
      try {
        graph_ = std::make_unique<BackendGraph>(f, types_, target.handle);
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
  std::vector<std::pair<Engine, BackendDescriptor>> all;
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    try {
      for (BackendDescriptor& configuration : proposed(target, *graph_, mode)) {
        const Engine engine = engine_of(configuration);
        all.emplace_back(engine, std::move(configuration));
      }
    } catch (const Error& e) {
      why += e.what();
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first.deterministic > b.first.deterministic; });
  std::string refusal = "no engine is proposed";
  for (auto& [engine, configuration] : all) {
    engine_ = engine.number, deterministic_ = engine.deterministic;
    try {
      take(target, configuration);
      if (workspace_ <= kMaxWorkspace) return true;
      refusal = cat("engine ", engine_, " wants ", workspace_, " bytes of workspace");
    } catch (const Error& e) {
      refusal = cat("engine ", engine_, ": ", e.what());
    }
  }
  why += refusal;
  return false;
}

void GraphPlan::take(const PlanTarget& target, const BackendDescriptor& configuration) {
  plan_ = std::make_unique<BackendDescriptor>(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan_->with(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration.raw());
  if (target.properties)
    plan_->with(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, target.properties->raw());
  else
    plan_->with(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  plan_->finalize();
  plan_->get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace_);
}

void GraphPlan::run(cudnnHandle_t handle, const Fusion& f, const Arrays& arrays, void* workspace) const {
  std::vector<int64_t> numbers;
  std::vector<void*> data;
  for (size_t i = 0; i < f.tensors.size(); ++i) {
    if (f.tensors[i].role == Role::within) continue;
    numbers.push_back(static_cast<int64_t>(i + 1));
    data.push_back(arrays.raw(f.tensors[i].name));
  }
  BackendDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.with(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, numbers)
      .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::ssize(data), data.data())
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace)
      .finalize();
  check_cudnn(cudnnBackendExecute(handle, plan_->raw(), pack.raw()), "running a graph");
}

}  // namespace ppl
