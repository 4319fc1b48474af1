// Bilinear resizing with half-pixel centres. Defined in cpu/bilinear_resize.cpp and cuda/bilinear_resize.cu.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// Output position o of `out` reads (1 - weight) x[first] + weight x[second], at (o + 0.5) in / out - 0.5, not below 0.
struct BilinearTap {
  int first, second;
  float weight;
  constexpr BilinearTap(int64_t o, int64_t in, int64_t out) {
    const double at =
        std::max(0.0, (static_cast<double>(o) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5);
    first = static_cast<int>(std::min(static_cast<int64_t>(at), in - 1));
    second = static_cast<int>(std::min<int64_t>(first + 1, in - 1));
    weight = second == first ? 0.0f : static_cast<float>(at - first);
  }
};

struct BilinearResize {
  int n, h, w, c;  // input
  int oh, ow;      // output
};

// y = resized x, plus addend where that is not null. Reads x about once, y and addend once.
template <class T>
void bilinear_resize_forward(CpuContext&, const BilinearResize&, const T* x, const T* addend, T* y);
template <class T>
void bilinear_resize_forward(CudaContext&, const BilinearResize&, const T* x, const T* addend, T* y);

// Each input gathers from the outputs that read it. Where the map was enlarged, dy is read twice.
template <class T>
void bilinear_resize_backward(CpuContext&, const BilinearResize&, const T* dy, T* dx);
template <class T>
void bilinear_resize_backward(CudaContext&, const BilinearResize&, const T* dy, T* dx);

}  // namespace ppl
