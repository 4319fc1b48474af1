#include "bench/fusion/cudnn_graph.h"

#include <array>

namespace ppl {
namespace {

// Extents and strides of NHWC memory in cuDNN's order, N C H W.
struct Layout {
  std::vector<int64_t> extents, strides;
};

Layout layout(const Conv& s, Extent extent) {
  const auto nhwc = [](int64_t n, int64_t c, int64_t h, int64_t w) {
    return Layout{{n, c, h, w}, {h * w * c, 1, w * c, c}};
  };
  switch (extent) {
    case Extent::in_map:
      return nhwc(s.n, s.c, s.h, s.w);
    case Extent::out_map:
      return nhwc(s.n, s.k, s.oh, s.ow);
    case Extent::weights:
      return nhwc(s.k, s.c, s.r, s.s);
    case Extent::in_channels:
      return nhwc(1, s.c, 1, 1);
    default:
      return nhwc(1, s.k, 1, 1);
  }
}

cudnnDataType_t type_in_memory(const FusionTensor& t, GraphTypes types) {
  const bool vector = t.extent == Extent::in_channels || t.extent == Extent::out_channels;
  const bool f32 = t.f32 || (t.role == Role::within ? types.f32_within : vector && types.f32_vectors);
  return f32 ? CUDNN_DATA_FLOAT : CUDNN_DATA_BFLOAT16;
}

}  // namespace

void check_cudnn(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  std::array<char, 1024> text{};
  cudnnGetLastErrorString(text.data(), text.size());
  throw Error(cat("cudnn: ", call, ": ", cudnnGetErrorString(status), text[0] ? ": " : "", text.data()));
}

BackendGraph::BackendGraph(const Fusion& f, GraphTypes types, cudnnHandle_t handle) {
  for (size_t i = 0; i < f.tensors.size(); ++i) add_tensor(f, i, types);
  for (const FusionStep& step : f.steps) {
    switch (step.operation) {
      case Operation::convolve:
      case Operation::input_gradient:
      case Operation::weight_gradient:
        add_convolution(f.shape, step);
        break;
      case Operation::statistics:
      case Operation::norm_sums:
        add_sums(step);
        break;
      default:
        add_pointwise(step);
    }
  }
  BackendDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.with(CUDNN_ATTR_OPERATIONGRAPH_OPS, steps_);
  if (handle) graph.with(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
  graph.finalize();
  all_.push_back(std::move(graph));
}

void BackendGraph::add_tensor(const Fusion& f, size_t tensor, GraphTypes types) {
  const FusionTensor& t = f.tensors[tensor];
  const Layout l = layout(f.shape, t.extent);
  BackendDescriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  d.with(CUDNN_ATTR_TENSOR_DATA_TYPE, type_in_memory(t, types))
      .with(CUDNN_ATTR_TENSOR_DIMENSIONS, l.extents)
      .with(CUDNN_ATTR_TENSOR_STRIDES, l.strides)
      .with(CUDNN_ATTR_TENSOR_UNIQUE_ID, static_cast<int64_t>(tensor + 1))
      .with(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, int64_t{16})
      .with(CUDNN_ATTR_TENSOR_IS_VIRTUAL, t.role == Role::within)
      .finalize();
  tensors_.push_back(d.raw());
  all_.push_back(std::move(d));
}

cudnnBackendDescriptor_t BackendGraph::convolution(const Conv& s) {
  const auto both = [](Axes a) { return std::vector<int64_t>{a.y, a.x}; };
  BackendDescriptor d(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  d.with(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .with(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .with(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2})
      .with(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, both(s.pad))
      .with(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, both(s.pad))
      .with(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, both(s.stride))
      .with(CUDNN_ATTR_CONVOLUTION_DILATIONS, both(s.dilation))
      .finalize();
  all_.push_back(std::move(d));
  return all_.back().raw();
}

cudnnBackendDescriptor_t BackendGraph::pointwise(cudnnPointwiseMode_t mode) {
  BackendDescriptor d(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  d.with(CUDNN_ATTR_POINTWISE_MODE, mode).with(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT).finalize();
  all_.push_back(std::move(d));
  return all_.back().raw();
}

void BackendGraph::add_operation(BackendDescriptor&& d) {
  d.finalize();
  steps_.push_back(d.raw());
  all_.push_back(std::move(d));
}

void BackendGraph::add_convolution(const Conv& s, const FusionStep& step) {
  struct Names {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t first, second, result, convolution, alpha, beta;
  };
  constexpr Names forward{CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  constexpr Names data{CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
  constexpr Names weights{CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  const Names& names = step.operation == Operation::convolve         ? forward
                       : step.operation == Operation::input_gradient ? data
                                                                     : weights;
  const cudnnBackendDescriptor_t conv = convolution(s);
  BackendDescriptor d(names.type);
  d.with(names.first, tensors_[step.in[0]]).with(names.second, tensors_[step.in[1]]);
  d.with(names.result, tensors_[step.out[0]]).with(names.convolution, conv);
  d.with(names.alpha, 1.0f).with(names.beta, 0.0f);
  add_operation(std::move(d));
}

void BackendGraph::add_pointwise(const FusionStep& step) {
  const auto mode = [&] {
    switch (step.operation) {
      case Operation::multiply:
        return CUDNN_POINTWISE_MUL;
      case Operation::relu:
        return CUDNN_POINTWISE_RELU_FWD;
      case Operation::relu_backward:
        return CUDNN_POINTWISE_RELU_BWD;
      default:
        return CUDNN_POINTWISE_ADD;
    }
  }();
  const cudnnBackendDescriptor_t kind = pointwise(mode);
  BackendDescriptor d(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind);
  if (step.operation == Operation::relu_backward) {
    d.with(CUDNN_ATTR_OPERATION_POINTWISE_DYDESC, tensors_[step.in[0]])
        .with(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensors_[step.in[1]])
        .with(CUDNN_ATTR_OPERATION_POINTWISE_DXDESC, tensors_[step.out[0]]);
    return add_operation(std::move(d));
  }
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensors_[step.in[0]]);
  if (step.in.size() == 2) d.with(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensors_[step.in[1]]);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensors_[step.out[0]]);
  // The engines for gradients know x - mean only as x + (-1) mean.
  if (step.operation == Operation::subtract) d.with(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, -1.0f);
  add_operation(std::move(d));
}

void BackendGraph::add_sums(const FusionStep& step) {
  const auto in = [&](size_t i) { return tensors_[step.in[i]]; };
  const auto out = [&](size_t i) { return tensors_[step.out[i]]; };
  if (step.operation == Operation::statistics) {
    BackendDescriptor d(CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
    d.with(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_GENSTATS_SUM_SQSUM)
        .with(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_DATA_FLOAT)
        .with(CUDNN_ATTR_OPERATION_GENSTATS_XDESC, in(0))
        .with(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, out(0))
        .with(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, out(1));
    return add_operation(std::move(d));
  }
  BackendDescriptor d(CUDNN_BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR);
  d.with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MATH_PREC, CUDNN_DATA_FLOAT)
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC, in(0))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC, in(1))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MEAN_DESC, in(2))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_INVSTD_DESC, in(3))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_BN_SCALE_DESC, in(4))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC, out(0))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_BIAS_DESC, out(1))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_DY_SCALE_DESC, out(2))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_X_SCALE_DESC, out(3))
      .with(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS, out(4));
  add_operation(std::move(d));
}

}  // namespace ppl
