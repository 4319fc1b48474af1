// Convolution over NHWC and its two gradients. Defined in cpu/conv*.cpp.
// A transposed convolution is the data gradient of a convolution, so these three serve it too.
#pragma once

#include <memory>

#include "kernels/axes.h"
#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// x [n,h,w,c], weights [k,r,s,c] (OHWI), y [n,oh,ow,k]; padding is the same at both ends of an axis.
struct Conv {
  int n = 0, h = 0, w = 0, c = 0;
  int oh = 0, ow = 0, k = 0;
  int r = 0, s = 0;
  Axes stride = 1, pad = 0, dilation = 1;

  int64_t macs() const { return int64_t{n} * oh * ow * k * r * s * c; }
  auto operator<=>(const Conv&) const = default;
};

// Extents of the result, by h, w, the window and the rest; not positive where the window does not fit.
struct ConvExtents {
  int oh, ow;
};
constexpr ConvExtents conv_extents(const Conv& p) {
  const auto out = [](int in, int window, int stride, int pad, int dilation) {
    const int room = in + 2 * pad - dilation * (window - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
  };
  return {out(p.h, p.r, p.stride.y, p.pad.y, p.dilation.y), out(p.w, p.s, p.stride.x, p.pad.x, p.dilation.x)};
}

enum class ConvAlgorithm {
  automatic,  // by shape and type; the choice is fixed, never timed, so that results repeat
  plain,      // loops: the oracle, and the fallback
  direct,     // oneDNN
  winograd,   // F(4x4, 3x3) for stride 1, F(5x5, 2x2) for windows of stride 2; computes in f32
  narrow,     // few output channels; on CUDA one, of stride 1 and a 2x2 or 3x3 window
  product,    // CUDA: 1x1 windows by cuBLASLt
  tiles,      // bf16 by AMX tiles or vdpbf16ps
};

// Applied to each result in the same pass: relu(result + bias + residual). The bias has one f32 per output channel.
template <class T>
struct Epilogue {
  const float* bias = nullptr;
  const T* residual = nullptr;
  bool relu = false;
};

// Weights in the layouts that the algorithms want, kept between calls while the weights do not change (inference).
// The owner makes a new one when the weights change. Not for use by two threads at once.
struct PackedWeights {
  struct Impl;
  PackedWeights();
  ~PackedWeights();
  std::unique_ptr<Impl> impl;
};

// y = epilogue(conv(x, w)). packed may be null: the weights are then packed at every call.
template <class T>
void conv_forward(CpuContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y,
                  PackedWeights* packed = nullptr, ConvAlgorithm = ConvAlgorithm::automatic);
template <class T>
void conv_forward(CudaContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y,
                  PackedWeights* packed = nullptr, ConvAlgorithm = ConvAlgorithm::automatic);

// dx [n,h,w,c] = epilogue(transposed conv of dy [n,oh,ow,k]); bias, if given, has c entries.
template <class T>
void conv_backward_data(CpuContext&, const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx,
                        PackedWeights* packed = nullptr, ConvAlgorithm = ConvAlgorithm::automatic);
template <class T>
void conv_backward_data(CudaContext&, const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx,
                        PackedWeights* packed = nullptr, ConvAlgorithm = ConvAlgorithm::automatic);

// dw [k,r,s,c], written, not added to.
template <class T>
void conv_backward_weights(CpuContext&, const Conv&, const T* x, const T* dy, float* dw,
                           ConvAlgorithm = ConvAlgorithm::automatic);
template <class T>
void conv_backward_weights(CudaContext&, const Conv&, const T* x, const T* dy, float* dw,
                           ConvAlgorithm = ConvAlgorithm::automatic);

}  // namespace ppl
