// cuDNN's backend API: descriptors, graphs of operations round a convolution, the engines that run them. What
// conv_cudnn.cpp and bench/fusion are built on; needs cuDNN 9.8.
#pragma once

#include <cudnn.h>

#include <string>
#include <utility>
#include <vector>

#include "kernels/conv_runs.h"

namespace ppl {

// How cuDNN names the type of an attribute's values.
constexpr auto backend_type(int64_t) { return CUDNN_TYPE_INT64; }
constexpr auto backend_type(float) { return CUDNN_TYPE_FLOAT; }
constexpr auto backend_type(bool) { return CUDNN_TYPE_BOOLEAN; }
constexpr auto backend_type(char) { return CUDNN_TYPE_CHAR; }
constexpr auto backend_type(cudnnHandle_t) { return CUDNN_TYPE_HANDLE; }
constexpr auto backend_type(cudnnDataType_t) { return CUDNN_TYPE_DATA_TYPE; }
constexpr auto backend_type(cudnnConvolutionMode_t) { return CUDNN_TYPE_CONVOLUTION_MODE; }
constexpr auto backend_type(cudnnPointwiseMode_t) { return CUDNN_TYPE_POINTWISE_MODE; }
constexpr auto backend_type(cudnnNanPropagation_t) { return CUDNN_TYPE_NAN_PROPOGATION; }
constexpr auto backend_type(cudnnGenStatsMode_t) { return CUDNN_TYPE_GENSTATS_MODE; }
constexpr auto backend_type(cudnnBackendHeurMode_t) { return CUDNN_TYPE_HEUR_MODE; }
constexpr auto backend_type(cudnnBackendDescriptor_t) { return CUDNN_TYPE_BACKEND_DESCRIPTOR; }  // a void*

// Throws what cuDNN says where a call has failed: OutOfMemory, else Refused (conv_plans.h).
void check_cudnn(cudnnStatus_t, const char* call);

// A backend descriptor: created, given attributes, finalized.
class BackendDescriptor {
 public:
  explicit BackendDescriptor(cudnnBackendDescriptorType_t type) {
    check_cudnn(cudnnBackendCreateDescriptor(type, &raw_), "a descriptor");
  }
  ~BackendDescriptor() {
    if (raw_) cudnnBackendDestroyDescriptor(raw_);
  }
  BackendDescriptor(BackendDescriptor&& o) noexcept : raw_(std::exchange(o.raw_, nullptr)) {}
  BackendDescriptor& operator=(BackendDescriptor&& o) noexcept {
    std::swap(raw_, o.raw_);
    return *this;
  }

  template <class T>
  BackendDescriptor& with(cudnnBackendAttributeName_t name, const T& value) {
    return set(name, backend_type(T{}), 1, &value);
  }
  template <class T>
  BackendDescriptor& with(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    return set(name, backend_type(T{}), static_cast<int64_t>(values.size()), values.data());
  }
  BackendDescriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count,
                         const void* values) {
    check_cudnn(cudnnBackendSetAttribute(raw_, name, type, count, values), "an attribute");
    return *this;
  }
  BackendDescriptor& finalize() {
    check_cudnn(cudnnBackendFinalize(raw_), "finalizing a descriptor");
    return *this;
  }

  // Up to `room` values; how many there are. Descriptors are made before and filled.
  int64_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t room, void* values) const {
    int64_t count = 0;
    check_cudnn(cudnnBackendGetAttribute(raw_, name, type, room, &count, values), "reading an attribute");
    return count;
  }
  cudnnBackendDescriptor_t raw() const { return raw_; }

 private:
  cudnnBackendDescriptor_t raw_ = nullptr;
};

// Extents and strides of NHWC memory in cuDNN's order, N C H W.
struct BackendLayout {
  std::vector<int64_t> extents, strides;
};
inline BackendLayout nhwc(int64_t n, int64_t h, int64_t w, int64_t c) {
  return {{n, c, h, w}, {h * w * c, 1, w * c, c}};
}

// Tensors and the operations between them. Needs no device; what cuDNN checks at this point is shapes, types and how
// the operations are connected.
class BackendGraph {
 public:
  // The number names the tensor for the operations and for run(). One `within` lies between two operations and need be
  // in no memory.
  void add_tensor(int64_t number, const BackendLayout&, cudnnDataType_t, bool within = false);
  // x, w -> y; dy, w -> dx; x, dy -> dw.
  void add_convolution(ConvKind, const Conv&, int64_t first, int64_t second, int64_t result);
  // y = x op b; NaN goes through.
  void add_pointwise(cudnnPointwiseMode_t, int64_t x, int64_t b, int64_t y);
  void add_relu(int64_t x, int64_t y);
  void finish(cudnnHandle_t);  // null: for a described device

  cudnnBackendDescriptor_t tensor(int64_t number) const;
  cudnnBackendDescriptor_t raw() const { return all_.back().raw(); }

 protected:
  BackendDescriptor pointwise(cudnnPointwiseMode_t);
  void add_operation(BackendDescriptor&&);

 private:
  cudnnBackendDescriptor_t kept(BackendDescriptor&&);

  std::vector<BackendDescriptor> all_;
  std::vector<std::pair<int64_t, cudnnBackendDescriptor_t>> tensors_;
  std::vector<cudnnBackendDescriptor_t> operations_;
};

// A device that is only described, by the JSON of cuDNN's device properties (bench/fusion/h100.json). Plans can be made
// for it where there is none; engines that compile at run time still want the driver's library, and refuse without.
BackendDescriptor described_device(const std::string& json);

// For which device plans are made: that of a handle, or a described one.
struct PlanTarget {
  cudnnHandle_t handle = nullptr;
  const BackendDescriptor* properties = nullptr;
};

// An engine as a heuristic would set it up, and what cuDNN notes of its results.
struct BackendEngine {
  BackendDescriptor configuration;
  int64_t number = 0;
  bool deterministic = true;
  bool tensor_cores = false;  // of f32 maps: in TF32
  bool narrows = false;       // inputs or sums are kept in less than they have
};

// What mode A proposes, then its fallback; Refused where neither proposes any.
std::vector<BackendEngine> backend_engines(const PlanTarget&, const BackendGraph&);

class BackendPlan {
 public:
  BackendPlan(const PlanTarget&, const BackendEngine&);  // or Refused
  int64_t workspace() const { return workspace_; }
  void run(cudnnHandle_t, const std::vector<int64_t>& numbers, const std::vector<void*>& data, void* workspace) const;

 private:
  BackendDescriptor plan_;
  int64_t workspace_ = 0;
};

}  // namespace ppl
