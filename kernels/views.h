// The eight flips and quarter turns of a batch for test-time augmentation, and what goes around them: reflection
// padding, mean probabilities, threshold. Defined in cpu/views.cpp and cuda/views.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

constexpr int kViews = 8;

// View v mirrors left and right where v >= 4, then turns counter-clockwise v % 4 times. Odd views exchange height and
// width.
constexpr bool view_transposes(int view) { return view % 2 == 1; }
// The view that undoes it: a mirrored one undoes itself.
constexpr int undo_view(int view) { return view >= 4 ? view : (4 - view) % 4; }

// Where pixel (y, x) of a view lies in the original: y * row + x * column + start, in pixels.
struct ViewPixels {
  int64_t start, row, column;

  constexpr ViewPixels(int view, int64_t h, int64_t w) {
    switch (view % 4) {  // without the mirror: (y, x), (x, w-1-y), (h-1-y, w-1-x), (h-1-x, y)
      case 0:
        start = 0, row = w, column = 1;
        break;
      case 1:
        start = w - 1, row = -1, column = w;
        break;
      case 2:
        start = h * w - 1, row = -w, column = -1;
        break;
      default:
        start = (h - 1) * w, row = 1, column = -w;
        break;
    }
    if (view < 4) return;
    start += w - 1 - 2 * (start % w);  // the original's x becomes w-1-x, and the step along it changes sign
    (view_transposes(view) ? row : column) *= -1;
  }
};

// i outside [0, n) mirrored into it about the first and last position, as often as needed.
constexpr int64_t reflected(int64_t i, int64_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * (n - 1), m = ((i % period) + period) % period;
  return m < n ? m : period - m;
}

struct MapSize {
  int n, h, w, c;
};

// y = view of x [n,h,w,c]
template <class T>
void view(CpuContext&, int view, const MapSize& x_size, const T* x, T* y);
template <class T>
void view(CudaContext&, int view, const MapSize& x_size, const T* x, T* y);

// probability [n,h,w,c] += weight * sigmoid(logits), where logits belong to the given view of the map.
template <class T>
void accumulate_view(CpuContext&, int view, const MapSize& probability_size, float weight, const T* logits,
                     float* probability);
template <class T>
void accumulate_view(CudaContext&, int view, const MapSize& probability_size, float weight, const T* logits,
                     float* probability);

// y [n,oh,ow,c] = x reflected beyond its edges, which are not repeated; top and left rows and columns come before x.
template <class T>
void reflect_pad(CpuContext&, const MapSize& x_size, int top, int left, int oh, int ow, const T* x, T* y);
template <class T>
void reflect_pad(CudaContext&, const MapSize& x_size, int top, int left, int oh, int ow, const T* x, T* y);

// y [n,oh,ow,c] = x without what lies before (top, left) and after the size.
template <class T>
void crop(CpuContext&, const MapSize& x_size, int top, int left, int oh, int ow, const T* x, T* y);
template <class T>
void crop(CudaContext&, const MapSize& x_size, int top, int left, int oh, int ow, const T* x, T* y);

// mask = foreground where p > limit, else 0. NaN is background.
void threshold(CpuContext&, int64_t n, float limit, uint8_t foreground, const float* p, uint8_t* mask);
void threshold(CudaContext&, int64_t n, float limit, uint8_t foreground, const float* p, uint8_t* mask);

}  // namespace ppl
