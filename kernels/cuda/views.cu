// Each kernel's thread takes one element of what it writes.
#include "kernels/views.h"

#include "kernels/cuda/elementwise.h"
#include "kernels/cuda/math.h"

namespace ppl {
namespace {

// An element of a map [n,h,w,c] from its index.
struct Place {
  int64_t n;
  int y, x, c;

  PPL_DEVICE Place(int64_t i, int h, int w, int channels)
      : n(i / channels / w / h),
        y(static_cast<int>(i / channels / w % h)),
        x(static_cast<int>(i / channels % w)),
        c(static_cast<int>(i % channels)) {}
};

// y [n, view's height, view's width, c] from x.
template <class T>
struct View {
  MapSize s;  // of x
  ViewPixels at;
  int height, width;
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    const Place p(i, height, width, s.c);
    y[i] = x[(p.n * s.h * s.w + at.start + p.y * at.row + p.x * at.column) * s.c + p.c];
  }
};

// Walks the probability map in order, as a view of the logits.
template <class T>
struct Accumulate {
  MapSize s;  // of the probability
  ViewPixels at;
  float weight;
  const T* logits;
  float* probability;

  template <int N>
  __device__ void run(int64_t i) const {
    const Place p(i, s.h, s.w, s.c);
    const int64_t from = (p.n * s.h * s.w + at.start + p.y * at.row + p.x * at.column) * s.c + p.c;
    probability[i] += weight * sigmoid_of(static_cast<float>(logits[from]));
  }
};

template <class T>
struct ReflectPad {
  MapSize s;
  int top, left, oh, ow;
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    const Place p(i, oh, ow, s.c);
    y[i] = x[((p.n * s.h + reflected(p.y - top, s.h)) * s.w + reflected(p.x - left, s.w)) * s.c + p.c];
  }
};

template <class T>
struct Crop {
  MapSize s;
  int top, left, oh, ow;
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    const Place p(i, oh, ow, s.c);
    y[i] = x[((p.n * s.h + p.y + top) * s.w + p.x + left) * s.c + p.c];
  }
};

struct Threshold {
  float limit;
  uint8_t foreground;
  const float* p;
  uint8_t* mask;

  template <int N>
  __device__ void run(int64_t i) const {
    const Pack<N> v = load<N>(p + i);
    Vec16<uint8_t, N> m;
    for (int j = 0; j < N; ++j) m.v[j] = v.v[j] > limit ? foreground : 0;
    *reinterpret_cast<Vec16<uint8_t, N>*>(mask + i) = m;
  }
};

}  // namespace

template <class T>
void view(CudaContext& ctx, int view, const MapSize& s, const T* x, T* y) {
  PPL_CHECK(view >= 0 && view < kViews, "view ", view, " (expected 0 to 7)");
  const bool exchanged = view_transposes(view);
  for_elements<1>(ctx, int64_t{s.n} * s.h * s.w * s.c, true,
                  View<T>{s, {view, s.h, s.w}, exchanged ? s.w : s.h, exchanged ? s.h : s.w, x, y});
}

template <class T>
void accumulate_view(CudaContext& ctx, int view, const MapSize& s, float weight, const T* logits, float* probability) {
  PPL_CHECK(view >= 0 && view < kViews, "view ", view, " (expected 0 to 7)");
  const bool exchanged = view_transposes(view);
  const ViewPixels at(undo_view(view), exchanged ? s.w : s.h, exchanged ? s.h : s.w);
  for_elements<1>(ctx, int64_t{s.n} * s.h * s.w * s.c, true, Accumulate<T>{s, at, weight, logits, probability});
}

template <class T>
void reflect_pad(CudaContext& ctx, const MapSize& s, int top, int left, int oh, int ow, const T* x, T* y) {
  for_elements<1>(ctx, int64_t{s.n} * oh * ow * s.c, true, ReflectPad<T>{s, top, left, oh, ow, x, y});
}

template <class T>
void crop(CudaContext& ctx, const MapSize& s, int top, int left, int oh, int ow, const T* x, T* y) {
  PPL_CHECK(top >= 0 && left >= 0 && top + oh <= s.h && left + ow <= s.w, "crop: ", oh, "x", ow, " at ", top, ",", left,
            " of ", s.h, "x", s.w);
  for_elements<1>(ctx, int64_t{s.n} * oh * ow * s.c, true, Crop<T>{s, top, left, oh, ow, x, y});
}

void threshold(CudaContext& ctx, int64_t n, float limit, uint8_t foreground, const float* p, uint8_t* mask) {
  for_elements<4>(ctx, n, is_wide(p) && is_wide(mask), Threshold{limit, foreground, p, mask});
}

#define PPL_INSTANTIATE(T)                                                                   \
  template void view(CudaContext&, int, const MapSize&, const T*, T*);                       \
  template void accumulate_view(CudaContext&, int, const MapSize&, float, const T*, float*); \
  template void reflect_pad(CudaContext&, const MapSize&, int, int, int, int, const T*, T*); \
  template void crop(CudaContext&, const MapSize&, int, int, int, int, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
