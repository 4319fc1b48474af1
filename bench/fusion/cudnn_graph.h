// A fusion (fusion.h) as a graph of cuDNN's backend API.
#pragma once

#include <cudnn.h>

#include <utility>
#include <vector>

#include "bench/fusion/fusion.h"

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
constexpr auto backend_type(cudnnGenStatsMode_t) { return CUDNN_TYPE_GENSTATS_MODE; }
constexpr auto backend_type(cudnnBackendHeurMode_t) { return CUDNN_TYPE_HEUR_MODE; }
constexpr auto backend_type(cudnnBackendDescriptor_t) { return CUDNN_TYPE_BACKEND_DESCRIPTOR; }  // a void*

// Throws what cuDNN says where a call has failed.
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

// What a graph leaves open: cuDNN's engines differ in what they take.
struct GraphTypes {
  bool f32_vectors = true, f32_within = true;  // else bf16
};

// The descriptors of a fusion's tensors, steps and graph. Needs no device; what cuDNN checks at this point is shapes,
// types and how the steps hang together.
class BackendGraph {
 public:
  BackendGraph(const Fusion&, GraphTypes, cudnnHandle_t = nullptr);
  cudnnBackendDescriptor_t raw() const { return all_.back().raw(); }

 private:
  void add_tensor(const Fusion&, size_t tensor, GraphTypes);
  void add_convolution(const Conv&, const FusionStep&);
  void add_pointwise(const FusionStep&);
  void add_sums(const FusionStep&);
  void add_operation(BackendDescriptor&&);
  cudnnBackendDescriptor_t convolution(const Conv&);
  cudnnBackendDescriptor_t pointwise(cudnnPointwiseMode_t);

  std::vector<BackendDescriptor> all_;
  std::vector<cudnnBackendDescriptor_t> tensors_, steps_;
};

}  // namespace ppl
