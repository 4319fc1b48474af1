// The three launchers: choose an algorithm, run it.
#include "kernels/conv.h"

#include "kernels/cuda/channels.h"
#include "kernels/cuda/conv_impl.h"
#include "kernels/cuda/product_library.h"

namespace ppl {
namespace {

// Whether a library did it: cuBLASLt where it is wanted, then cuDNN. Else it is for the plain algorithm.
template <class Product, class Cudnn>
bool by_library(ConvAlgorithm algorithm, const Conv& s, Product&& product, Cudnn&& cudnn) {
  switch (algorithm) {
    case ConvAlgorithm::plain:
      return false;
    case ConvAlgorithm::automatic:
      return (products_by_library() && product()) || cudnn();
    case ConvAlgorithm::product:
      PPL_CHECK(product(), "conv: no product by cuBLASLt for a ", s.r, "x", s.s, " window of stride ", s.stride,
                ", pad ", s.pad, " (it is for 1x1 windows of stride 1, where the library is there)");
      return true;
    default:
      throw Error("conv: on CUDA the algorithm is automatic, plain or product");
  }
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
  __device__ void run(int64_t at, const Pack<N>& bias) const {
    Pack<N> v = load<N>(y + at), r{};
    if (e.residual) r = load<N>(e.residual + at);
    for (int j = 0; j < N; ++j) {
      v.v[j] += bias.v[j] + r.v[j];
      if (e.relu && v.v[j] < 0) v.v[j] = 0;
    }
    store(y + at, v);
  }
};

template <class T>
void finish(CudaContext& ctx, int64_t pixels, int64_t channels, const Epilogue<T>& e, T* y) {
  if (!e.bias && !e.residual && !e.relu) return;
  with_width<T>(channels, is_wide(y) && is_wide(e.residual), [&](auto width) {
    for_channels<width>(ctx, pixels, channels, Finish<T>{e, y});
  });
}

}  // namespace

template <class T>
void conv_forward(CudaContext& ctx, const Conv& s, const T* x, const T* w, const Epilogue<T>& e, T* y, PackedWeights*,
                  ConvAlgorithm algorithm) {
  if (!by_library(
          algorithm, s, [&] { return cuda_pointwise::forward(ctx, s, x, w, y); },
          [&] { return cuda_conv_library::forward(ctx, s, x, w, y); }))
    return cuda_conv_plain::forward(ctx, s, x, w, e, y);
  finish(ctx, int64_t{s.n} * s.oh * s.ow, s.k, e, y);
}

template <class T>
void conv_backward_data(CudaContext& ctx, const Conv& s, const T* dy, const T* w, const Epilogue<T>& e, T* dx,
                        PackedWeights*, ConvAlgorithm algorithm) {
  if (!by_library(
          algorithm, s, [&] { return cuda_pointwise::backward_data(ctx, s, dy, w, dx); },
          [&] { return cuda_conv_library::backward_data(ctx, s, dy, w, dx); }))
    return cuda_conv_plain::backward_data(ctx, s, dy, w, e, dx);
  finish(ctx, int64_t{s.n} * s.h * s.w, s.c, e, dx);
}

template <class T>
void conv_backward_weights(CudaContext& ctx, const Conv& s, const T* x, const T* dy, float* dw,
                           ConvAlgorithm algorithm) {
  if (!by_library(
          algorithm, s, [&] { return cuda_pointwise::backward_weights(ctx, s, x, dy, dw); },
          [&] { return cuda_conv_library::backward_weights(ctx, s, x, dy, dw); }))
    cuda_conv_plain::backward_weights(ctx, s, x, dy, dw);
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
