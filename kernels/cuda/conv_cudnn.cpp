// Convolutions by cuDNN. A plan (descriptors, algorithm, workspace) is made once per shape and kept. The algorithm is
// the first of cuDNN's own ranking that gives the same bits every time and fits the workspace: never timed.
#include <cudnn.h>

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "kernels/cast.h"
#include "kernels/cuda/conv_impl.h"

namespace ppl::cuda_conv_library {
namespace {

constexpr size_t kMaxWorkspace = size_t{1} << 30;

void check(cudnnStatus_t s, const char* call) {
  PPL_CHECK(s == CUDNN_STATUS_SUCCESS, "cudnn: ", call, ": ", cudnnGetErrorString(s));
}
#define PPL_CUDNN(call) check(call, #call)

// A descriptor that is destroyed with its owner.
template <class T, cudnnStatus_t (*create)(T*), cudnnStatus_t (*destroy)(T)>
struct Descriptor {
  T handle{};
  Descriptor() { PPL_CUDNN(create(&handle)); }
  ~Descriptor() { destroy(handle); }
  Descriptor(const Descriptor&) = delete;
  operator T() const { return handle; }
};
using TensorShape = Descriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using FilterShape = Descriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
using Convolution =
    Descriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor, cudnnDestroyConvolutionDescriptor>;

enum class Kind { forward, data, weights };

struct Plan {
  TensorShape x, y;
  FilterShape w;
  Convolution conv;
  bool serves = false;  // whether an algorithm was found
  int algorithm = 0;
  size_t workspace = 0;

  Plan(cudnnHandle_t handle, Kind kind, const Conv& s, bool is_bf16) {
    const cudnnDataType_t type = is_bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    PPL_CUDNN(cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NHWC, type, s.n, s.c, s.h, s.w));
    PPL_CUDNN(cudnnSetTensor4dDescriptor(y, CUDNN_TENSOR_NHWC, type, s.n, s.k, s.oh, s.ow));
    PPL_CUDNN(cudnnSetFilter4dDescriptor(w, type, CUDNN_TENSOR_NHWC, s.k, s.c, s.r, s.s));
    PPL_CUDNN(cudnnSetConvolution2dDescriptor(conv, s.pad.y, s.pad.x, s.stride.y, s.stride.x, s.dilation.y,
                                              s.dilation.x, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    // f32 means IEEE f32: without this cuDNN may take TF32.
    PPL_CUDNN(cudnnSetConvolutionMathType(conv, is_bf16 ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH));
    if (kind == Kind::forward)
      choose<cudnnConvolutionFwdAlgoPerf_t>([&](int n, int* found, auto* all) {
        return cudnnGetConvolutionForwardAlgorithm_v7(handle, x, w, conv, y, n, found, all);
      });
    else if (kind == Kind::data)
      choose<cudnnConvolutionBwdDataAlgoPerf_t>([&](int n, int* found, auto* all) {
        return cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, w, y, conv, x, n, found, all);
      });
    else
      choose<cudnnConvolutionBwdFilterAlgoPerf_t>([&](int n, int* found, auto* all) {
        return cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x, y, conv, w, n, found, all);
      });
  }

 private:
  template <class Perf, class Rank>
  void choose(Rank&& rank) {
    std::vector<Perf> ranking(16);
    int found = 0;
    if (rank(static_cast<int>(ranking.size()), &found, ranking.data()) != CUDNN_STATUS_SUCCESS) return;
    for (int i = 0; i < found; ++i) {
      const Perf& p = ranking[static_cast<size_t>(i)];
      if (p.status != CUDNN_STATUS_SUCCESS || p.determinism != CUDNN_DETERMINISTIC || p.memory > kMaxWorkspace)
        continue;
      serves = true;
      algorithm = p.algo;
      workspace = p.memory;
      return;
    }
  }
};

class Library {
 public:
  explicit Library(CudaContext& ctx) {
    PPL_CUDNN(cudnnCreate(&handle_));
    PPL_CUDNN(cudnnSetStream(handle_, ctx.stream));
  }

  cudnnHandle_t handle() const { return handle_; }

  const Plan& plan(Kind kind, const Conv& s, bool is_bf16) {
    std::unique_ptr<Plan>& p = plans_[{kind, s, is_bf16}];
    if (!p) p = std::make_unique<Plan>(handle_, kind, s, is_bf16);
    return *p;
  }

 private:
  cudnnHandle_t handle_{};
  std::map<std::tuple<Kind, Conv, bool>, std::unique_ptr<Plan>> plans_;
};

Library& library(CudaContext& ctx) {
  static auto* l = new Library(ctx);  // outlives the driver's end
  return *l;
}

void* workspace(CudaContext& ctx, const Plan& p) {
  return p.workspace ? ctx.scratch<char>(slot_library, p.workspace) : nullptr;
}

const float one = 1, zero = 0;

template <class T>
constexpr bool is_bf16 = std::is_same_v<T, bf16>;

}  // namespace

template <class T>
bool forward(CudaContext& ctx, const Conv& s, const T* x, const T* w, T* y) {
  const Plan& p = library(ctx).plan(Kind::forward, s, is_bf16<T>);
  if (!p.serves) return false;
  PPL_CUDNN(cudnnConvolutionForward(library(ctx).handle(), &one, p.x, x, p.w, w, p.conv,
                                    static_cast<cudnnConvolutionFwdAlgo_t>(p.algorithm), workspace(ctx, p), p.workspace,
                                    &zero, p.y, y));
  return true;
}

template <class T>
bool backward_data(CudaContext& ctx, const Conv& s, const T* dy, const T* w, T* dx) {
  const Plan& p = library(ctx).plan(Kind::data, s, is_bf16<T>);
  if (!p.serves) return false;
  PPL_CUDNN(cudnnConvolutionBackwardData(library(ctx).handle(), &one, p.w, w, p.y, dy, p.conv,
                                         static_cast<cudnnConvolutionBwdDataAlgo_t>(p.algorithm), workspace(ctx, p),
                                         p.workspace, &zero, p.x, dx));
  return true;
}

// cuDNN gives the gradient of bf16 maps in bf16; it is widened behind.
template <class T>
bool backward_weights(CudaContext& ctx, const Conv& s, const T* x, const T* dy, float* dw) {
  const Plan& p = library(ctx).plan(Kind::weights, s, is_bf16<T>);
  if (!p.serves) return false;
  const int64_t size = int64_t{s.k} * s.r * s.s * s.c;
  T* result = nullptr;
  if constexpr (is_bf16<T>)
    result = ctx.scratch<T>(slot_product, static_cast<size_t>(size));
  else
    result = dw;
  PPL_CUDNN(cudnnConvolutionBackwardFilter(library(ctx).handle(), &one, p.x, x, p.y, dy, p.conv,
                                           static_cast<cudnnConvolutionBwdFilterAlgo_t>(p.algorithm), workspace(ctx, p),
                                           p.workspace, &zero, p.w, result));
  if constexpr (is_bf16<T>) cast(ctx, size, result, dw);
  return true;
}

#define PPL_INSTANTIATE(T)                                                        \
  template bool forward(CudaContext&, const Conv&, const T*, const T*, T*);       \
  template bool backward_data(CudaContext&, const Conv&, const T*, const T*, T*); \
  template bool backward_weights(CudaContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::cuda_conv_library
