// The three launchers: choose who computes it, and note that. Our kernels for one output channel, a plan of cuDNN's
// (with the epilogue in it where that is asked for, else our pass behind), at last our own plain kernel.
#include "kernels/conv.h"

#include "kernels/cast.h"
#include "kernels/cuda/channels.h"
#include "kernels/cuda/conv_impl.h"
#include "kernels/cuda/conv_plans.h"
#include "kernels/cuda/product_library.h"

namespace ppl {
namespace {

template <class T>
constexpr bool is_bf16 = std::is_same_v<T, bf16>;

// Whether cuBLASLt did it, where it is wanted.
template <class Product>
bool by_product(ConvAlgorithm algorithm, const ConvCall& call, Product&& product) {
  switch (algorithm) {
    case ConvAlgorithm::plain:
      return false;
    case ConvAlgorithm::automatic:
      if (!products_by_library() || !product()) return false;
      break;
    case ConvAlgorithm::product:
      PPL_CHECK(product(), "conv: no product by cuBLASLt for ", to_string(call),
                " (it is for 1x1 windows of stride 1 without padding, where the library is there)");
      break;
    case ConvAlgorithm::narrow:
      return false;
    default:
      throw Error("conv: on CUDA the algorithm is automatic, plain, narrow or product");
  }
  note_conv(call, "cublaslt");
  return true;
}

// Whether it is for our kernels of one output channel.
bool is_narrow(ConvAlgorithm algorithm, const ConvCall& call) {
  const bool serves = cuda_conv_narrow::serves(call.shape);
  PPL_CHECK(serves || algorithm != ConvAlgorithm::narrow, "conv: the kernels for one output channel cannot compute ",
            to_string(call));
  const bool taken = serves && (algorithm == ConvAlgorithm::narrow || algorithm == ConvAlgorithm::automatic);
  if (taken) note_conv(call, "narrow");
  return taken;
}

// y = relu(y + bias + residual), each where it is wanted: a pass over y that the plain algorithm does not need.
template <class T>
struct Finish {
  Epilogue<T> e;
  T* y;

  template <int N>
  __device__ Pack<N> constants(int c) const {
    Pack<N> bias{};
    for (int j = 0; e.bias && j < N; ++j) bias.v[j] = e.bias[c + j];
    return bias;
  }
  template <int N>
  __device__ void run(MapVector m, const Pack<N>& bias) const {
    Pack<N> v = load<N>(y + m.at), r{};
    if (e.residual) r = load<N>(e.residual + m.at);
    for (int j = 0; j < N; ++j) {
      v.v[j] += bias.v[j] + r.v[j];
      if (e.relu && v.v[j] < 0) v.v[j] = 0;
    }
    store(y + m.at, v);
  }
};

template <class T>
void finish(CudaContext& ctx, int64_t pixels, int64_t channels, const Epilogue<T>& e, T* y) {
  if (!e.bias && !e.residual && !e.relu) return;
  with_width<T>(channels, is_wide(y) && is_wide(e.residual), [&](auto width) {
    for_channels<width>(ctx, pixels, channels, Finish<T>{e, y});
  });
}

// Whether a plan of cuDNN's did it.
template <class T>
bool by_plan(CudaContext& ctx, const ConvCall& call, const T* first, const T* w, const Epilogue<T>& e, T* result,
             std::string& refused) {
  const ConvArrays arrays{first, w, result, e.bias, e.residual};
  const ConvQuestion whole{call, e.bias != nullptr, e.residual != nullptr, e.relu};
  if (call.is_bf16 && conv_epilogues_by_library() && whole.has_epilogue() && e.residual != result) {
    if (conv_by_library(ctx, whole, arrays, refused)) return true;
    if (!refused.empty()) refused = "with epilogue: " + refused;
  }
  if (!conv_by_library(ctx, {call}, arrays, refused)) return false;
  const Conv& s = call.shape;
  const bool forward = call.kind == ConvKind::forward;
  finish(ctx, int64_t{s.n} * (forward ? s.oh * int64_t{s.ow} : s.h * int64_t{s.w}), forward ? s.k : s.c, e, result);
  return true;
}

// cuDNN gives the weights' gradient of bf16 maps in bf16 only; it is widened behind.
template <class T>
bool weights_by_plan(CudaContext& ctx, const ConvCall& call, const T* x, const T* dy, float* dw, std::string& refused) {
  if constexpr (is_bf16<T>) {
    const Conv& s = call.shape;
    const int64_t size = int64_t{s.k} * s.r * s.s * s.c;
    T* narrow = ctx.scratch<T>(slot_product, static_cast<size_t>(size));
    if (!conv_by_library(ctx, {call}, {x, dy, narrow}, refused)) return false;
    cast(ctx, size, narrow, dw);
    return true;
  } else {
    return conv_by_library(ctx, {call}, {x, dy, dw}, refused);
  }
}

}  // namespace

template <class T>
void conv_forward(CudaContext& ctx, const Conv& s, const T* x, const T* w, const Epilogue<T>& e, T* y, PackedWeights*,
                  ConvAlgorithm algorithm) {
  const ConvCall call{ConvKind::forward, s, is_bf16<T>};
  std::string refused;
  if (by_product(algorithm, call, [&] { return cuda_pointwise::forward(ctx, s, x, w, y); }))
    return finish(ctx, int64_t{s.n} * s.oh * s.ow, s.k, e, y);
  if (is_narrow(algorithm, call)) return cuda_conv_narrow::forward(ctx, s, x, w, e, y);
  if (algorithm == ConvAlgorithm::automatic && by_plan(ctx, call, x, w, e, y, refused)) return;
  cuda_conv_plain::forward(ctx, s, x, w, e, y);
  note_conv(call, kPlainConv, 0, refused);
}

template <class T>
void conv_backward_data(CudaContext& ctx, const Conv& s, const T* dy, const T* w, const Epilogue<T>& e, T* dx,
                        PackedWeights*, ConvAlgorithm algorithm) {
  const ConvCall call{ConvKind::backward_data, s, is_bf16<T>};
  std::string refused;
  if (by_product(algorithm, call, [&] { return cuda_pointwise::backward_data(ctx, s, dy, w, dx); }))
    return finish(ctx, int64_t{s.n} * s.h * s.w, s.c, e, dx);
  if (is_narrow(algorithm, call)) return cuda_conv_narrow::backward_data(ctx, s, dy, w, e, dx);
  if (algorithm == ConvAlgorithm::automatic && by_plan(ctx, call, dy, w, e, dx, refused)) return;
  cuda_conv_plain::backward_data(ctx, s, dy, w, e, dx);
  note_conv(call, kPlainConv, 0, refused);
}

template <class T>
void conv_backward_weights(CudaContext& ctx, const Conv& s, const T* x, const T* dy, float* dw,
                           ConvAlgorithm algorithm) {
  const ConvCall call{ConvKind::backward_weights, s, is_bf16<T>};
  std::string refused;
  if (by_product(algorithm, call, [&] { return cuda_pointwise::backward_weights(ctx, s, x, dy, dw); })) return;
  if (is_narrow(algorithm, call)) return cuda_conv_narrow::backward_weights(ctx, s, x, dy, dw);
  if (algorithm == ConvAlgorithm::automatic && weights_by_plan(ctx, call, x, dy, dw, refused)) return;
  cuda_conv_plain::backward_weights(ctx, s, x, dy, dw);
  note_conv(call, kPlainConv, 0, refused);
}

#define PPL_INSTANTIATE(T)                                                                                          \
  template void conv_forward(CudaContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*, \
                             ConvAlgorithm);                                                                        \
  template void conv_backward_data(CudaContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*,           \
                                   PackedWeights*, ConvAlgorithm);                                                  \
  template void conv_backward_weights(CudaContext&, const Conv&, const T*, const T*, float*, ConvAlgorithm);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
