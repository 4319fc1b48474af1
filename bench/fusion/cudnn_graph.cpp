#include "bench/fusion/cudnn_graph.h"

namespace ppl {
namespace {

BackendLayout layout(const Conv& s, Extent extent) {
  switch (extent) {
    case Extent::in_map:
      return nhwc(s.n, s.h, s.w, s.c);
    case Extent::out_map:
      return nhwc(s.n, s.oh, s.ow, s.k);
    case Extent::weights:
      return nhwc(s.k, s.r, s.s, s.c);
    case Extent::in_channels:
      return nhwc(1, 1, 1, s.c);
    default:
      return nhwc(1, 1, 1, s.k);
  }
}

cudnnDataType_t type_in_memory(const FusionTensor& t, GraphTypes types) {
  const bool vector = t.extent == Extent::in_channels || t.extent == Extent::out_channels;
  const bool f32 = t.f32 || (t.role == Role::within ? types.f32_within : vector && types.f32_vectors);
  return f32 ? CUDNN_DATA_FLOAT : CUDNN_DATA_BFLOAT16;
}

int64_t number(size_t tensor) { return static_cast<int64_t>(tensor + 1); }

}  // namespace

FusionGraph::FusionGraph(const Fusion& f, GraphTypes types, cudnnHandle_t handle) {
  for (size_t i = 0; i < f.tensors.size(); ++i) add_fusion_tensor(f, i, types);
  for (const FusionStep& step : f.steps) add_step(f.shape, step);
  finish(handle);
}

void FusionGraph::add_fusion_tensor(const Fusion& f, size_t tensor, GraphTypes types) {
  const FusionTensor& t = f.tensors[tensor];
  add_tensor(number(tensor), layout(f.shape, t.extent), type_in_memory(t, types), t.role == Role::within);
}

void FusionGraph::add_step(const Conv& s, const FusionStep& step) {
  const auto in = [&](size_t i) { return number(step.in[i]); };
  const int64_t out = number(step.out[0]);
  switch (step.operation) {
    case Operation::convolve:
      return add_convolution(ConvKind::forward, s, in(0), in(1), out);
    case Operation::input_gradient:
      return add_convolution(ConvKind::backward_data, s, in(0), in(1), out);
    case Operation::weight_gradient:
      return add_convolution(ConvKind::backward_weights, s, in(0), in(1), out);
    case Operation::multiply:
      return add_pointwise(CUDNN_POINTWISE_MUL, in(0), in(1), out);
    case Operation::add:
      return add_pointwise(CUDNN_POINTWISE_ADD, in(0), in(1), out);
    case Operation::subtract:
      return add_difference(in(0), in(1), out);
    case Operation::relu:
      return add_relu(in(0), out);
    case Operation::relu_backward:
      return add_relu_backward(step);
    case Operation::statistics:
      return add_statistics(step);
    default:
      return add_norm_sums(step);
  }
}

// The engines for gradients know x - mean only as x + (-1) mean.
void FusionGraph::add_difference(int64_t x, int64_t b, int64_t y) {
  BackendDescriptor d = pointwise(CUDNN_POINTWISE_ADD);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(x))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensor(b))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor(y))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, -1.0f);
  add_operation(std::move(d));
}

void FusionGraph::add_relu_backward(const FusionStep& step) {
  BackendDescriptor d = pointwise(CUDNN_POINTWISE_RELU_BWD);
  d.with(CUDNN_ATTR_OPERATION_POINTWISE_DYDESC, tensor(number(step.in[0])))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(number(step.in[1])))
      .with(CUDNN_ATTR_OPERATION_POINTWISE_DXDESC, tensor(number(step.out[0])));
  add_operation(std::move(d));
}

void FusionGraph::add_statistics(const FusionStep& step) {
  BackendDescriptor d(CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
  d.with(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_GENSTATS_SUM_SQSUM)
      .with(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_DATA_FLOAT)
      .with(CUDNN_ATTR_OPERATION_GENSTATS_XDESC, tensor(number(step.in[0])))
      .with(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, tensor(number(step.out[0])))
      .with(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, tensor(number(step.out[1])));
  add_operation(std::move(d));
}

void FusionGraph::add_norm_sums(const FusionStep& step) {
  const auto in = [&](size_t i) { return tensor(number(step.in[i])); };
  const auto out = [&](size_t i) { return tensor(number(step.out[i])); };
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
