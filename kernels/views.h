// The eight flips and quarter turns of a batch for test-time augmentation, and what goes around them: reflection
// padding, mean probabilities, threshold. Defined in cpu/views.cpp.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

constexpr int kViews = 8;

// View v mirrors left and right where v >= 4, then turns counter-clockwise v % 4 times. Odd views exchange height and
// width.
inline bool view_transposes(int view) { return view % 2 == 1; }
// The view that undoes it: a mirrored one undoes itself.
inline int undo_view(int view) { return view >= 4 ? view : (4 - view) % 4; }

struct MapSize {
  int n, h, w, c;
};

// y = view of x [n,h,w,c]
template <class T>
void view(CpuContext&, int view, const MapSize& x_size, const T* x, T* y);

// probability [n,h,w,c] += weight * sigmoid(logits), where logits belong to the given view of the map.
template <class T>
void accumulate_view(CpuContext&, int view, const MapSize& probability_size, float weight, const T* logits,
                     float* probability);

// y [n,oh,ow,c] = x reflected beyond its edges, which are not repeated; top and left rows and columns come before x.
template <class T>
void reflect_pad(CpuContext&, const MapSize& x_size, int top, int left, int oh, int ow, const T* x, T* y);

// y [n,oh,ow,c] = x without what lies before (top, left) and after the size.
template <class T>
void crop(CpuContext&, const MapSize& x_size, int top, int left, int oh, int ow, const T* x, T* y);

// mask = foreground where p > limit, else 0. NaN is background.
void threshold(CpuContext&, int64_t n, float limit, uint8_t foreground, const float* p, uint8_t* mask);

}  // namespace ppl
