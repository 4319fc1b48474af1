#include "kernels/cuda/cudnn_backend.h"

#include <algorithm>
#include <array>

#include "kernels/cuda/conv_plans.h"

namespace ppl {
namespace {

constexpr int64_t kMaxConfigurations = 64;

std::string what_cudnn_says(cudnnStatus_t status, const char* call) {
  std::array<char, 1024> text{};
  cudnnGetLastErrorString(text.data(), text.size());
  return cat("cudnn: ", call, ": ", cudnnGetErrorString(status), text[0] ? ": " : "", text.data());
}

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

BackendEngine engine_of(BackendDescriptor&& configuration) {
  const BackendDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine.raw();
  configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
  BackendEngine e{std::move(configuration)};
  engine.get(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &e.number);
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const int64_t count =
      engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, notes.size(), notes.data());
  for (int64_t i = 0; i < count; ++i) {
    const cudnnBackendNumericalNote_t note = notes[static_cast<size_t>(i)];
    if (note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) e.deterministic = false;
    if (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE) e.tensor_cores = true;
    if (note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS || note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)
      e.narrows = true;
  }
  return e;
}

struct ConvolutionNames {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t first, second, result, convolution, alpha, beta;
};

const ConvolutionNames& names_of(ConvKind kind) {
  static constexpr ConvolutionNames forward{CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  static constexpr ConvolutionNames data{CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
  static constexpr ConvolutionNames weights{CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  return kind == ConvKind::forward ? forward : kind == ConvKind::backward_data ? data : weights;
}

}  // namespace

void check_cudnn(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const std::string text = what_cudnn_says(status, call);
  if (status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
      status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
    throw OutOfMemory(text);
  throw Refused(text);
}

cudnnBackendDescriptor_t BackendGraph::kept(BackendDescriptor&& d) {
  all_.push_back(std::move(d));
  return all_.back().raw();
}

void BackendGraph::add_tensor(int64_t number, const BackendLayout& l, cudnnDataType_t type, bool within) {
  BackendDescriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  d.with(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .with(CUDNN_ATTR_TENSOR_DIMENSIONS, l.extents)
      .with(CUDNN_ATTR_TENSOR_STRIDES, l.strides)
      .with(CUDNN_ATTR_TENSOR_UNIQUE_ID, number)
      .with(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, int64_t{16})
      .with(CUDNN_ATTR_TENSOR_IS_VIRTUAL, within)
      .finalize();
  tensors_.emplace_back(number, kept(std::move(d)));
}

cudnnBackendDescriptor_t BackendGraph::tensor(int64_t number) const {
  const auto it = std::find_if(tensors_.begin(), tensors_.end(), [&](const auto& t) { return t.first == number; });
  PPL_CHECK(it != tensors_.end(), "cudnn: there is no tensor ", number, " in this graph");
  return it->second;
}

void BackendGraph::add_operation(BackendDescriptor&& d) {
  d.finalize();
  operations_.push_back(kept(std::move(d)));
}

void BackendGraph::add_convolution(ConvKind kind, const Conv& s, int64_t first, int64_t second, int64_t result) {
  const auto both = [](Axes a) { return std::vector<int64_t>{a.y, a.x}; };
  BackendDescriptor conv(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  conv.with(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .with(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .with(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2})
      .with(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, both(s.pad))
      .with(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, both(s.pad))
      .with(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, both(s.stride))
      .with(CUDNN_ATTR_CONVOLUTION_DILATIONS, both(s.dilation))
      .finalize();
  const ConvolutionNames& names = names_of(kind);
  BackendDescriptor d(names.type);
  d.with(names.convolution, kept(std::move(conv)))
      .with(names.first, tensor(first))
      .with(names.second, tensor(second))
      .with(names.result, tensor(result))
      .with(names.alpha, 1.0f)
      .with(names.beta, 0.0f);
  add_operation(std::move(d));
}

BackendDescriptor BackendGraph::pointwise(cudnnPointwiseMode_t mode) {
  BackendDescriptor kind(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  kind.with(CUDNN_ATTR_POINTWISE_MODE, mode)
      .with(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .with(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_PROPAGATE_NAN)
      .finalize();
  BackendDescriptor d(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kept(std::move(kind)));
  return d;
}

void BackendGraph::add_pointwise(cudnnPointwiseMode_t mode, int64_t x, int64_t b, int64_t y) {
  BackendDescriptor d = pointwise(mode);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(x))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensor(b))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor(y));
  add_operation(std::move(d));
}

void BackendGraph::add_relu(int64_t x, int64_t y) {
  BackendDescriptor d = pointwise(CUDNN_POINTWISE_RELU_FWD);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(x)).with(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor(y));
  add_operation(std::move(d));
}

void BackendGraph::finish(cudnnHandle_t handle) {
  BackendDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.with(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_);
  if (handle) graph.with(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
  graph.finalize();
  kept(std::move(graph));
}

BackendDescriptor described_device(const std::string& json) {
  BackendDescriptor d(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  d.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, std::ssize(json), json.data()).finalize();
  return d;
}

std::vector<BackendEngine> backend_engines(const PlanTarget& target, const BackendGraph& graph) {
  std::vector<BackendEngine> all;
  std::string why = "cudnn: no engine is proposed";
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    try {
      for (BackendDescriptor& configuration : proposed(target, graph, mode))
        all.push_back(engine_of(std::move(configuration)));
    } catch (const Refused& e) {
      why += cat("; ", e.what());
    }
  }
  if (all.empty()) throw Refused(why);
  return all;
}

BackendPlan::BackendPlan(const PlanTarget& target, const BackendEngine& engine)
    : plan_(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
  plan_.with(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine.configuration.raw());
  if (target.properties)
    plan_.with(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, target.properties->raw());
  else
    plan_.with(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  plan_.finalize();
  plan_.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace_);
}

void BackendPlan::run(cudnnHandle_t handle, const std::vector<int64_t>& numbers, const std::vector<void*>& data,
                      void* workspace) const {
  BackendDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.with(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, numbers)
      .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::ssize(data), data.data())
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace)
      .finalize();
  check_cudnn(cudnnBackendExecute(handle, plan_.raw(), pack.raw()), "running a plan");
}

}  // namespace ppl
