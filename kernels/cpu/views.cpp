#include "kernels/views.h"

#include <cstring>

#include "kernels/cpu/map_loop.h"
#include "kernels/cpu/vec_math.h"

namespace ppl {
namespace {

// Where pixel (y, x) of a view lies in the original: y * row + x * column + start, in pixels.
struct Affine {
  int64_t start, row, column;

  Affine(int view, int64_t h, int64_t w) {
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

int64_t row_grain(int64_t row) { return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, row)); }

// body(to, line): each row of the view, as its first element's position and its w * c elements gathered from x.
template <class T, class Body>
void for_view_rows(int view, const MapSize& s, const T* x, Body&& body) {
  PPL_CHECK(view >= 0 && view < kViews, "view ", view, " (expected 0 to 7)");
  const int64_t vh = view_transposes(view) ? s.w : s.h, vw = view_transposes(view) ? s.h : s.w;
  const Affine at(view, s.h, s.w);
  parallel_for(int64_t{s.n} * vh, row_grain(vw * s.c), [&](int64_t b, int64_t e) {
    std::vector<T> line(static_cast<size_t>(vw * s.c));
    for (int64_t row = b; row < e; ++row) {
      const T* from = x + (row / vh * s.h * s.w + at.start + row % vh * at.row) * s.c;
      for (int64_t p = 0; p < vw; ++p, from += at.column * s.c) std::copy_n(from, s.c, line.data() + p * s.c);
      body(row * vw * s.c, line);
    }
  });
}

// i outside [0, n) mirrored into it about the first and last position, as often as needed.
int64_t reflect(int64_t i, int64_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * (n - 1), m = ((i % period) + period) % period;
  return m < n ? m : period - m;
}

}  // namespace

template <class T>
void view(CpuContext&, int view, const MapSize& s, const T* x, T* y) {
  for_view_rows(view, s, x,
                [&](int64_t to, const std::vector<T>& line) { std::copy(line.begin(), line.end(), y + to); });
}

// Walks the probability map in order, as a view of the view.
template <class T>
void accumulate_view(CpuContext&, int view, const MapSize& s, float weight, const T* logits, float* probability) {
  PPL_CHECK(view >= 0 && view < kViews, "view ", view, " (expected 0 to 7)");
  MapSize seen = s;
  if (view_transposes(view)) std::swap(seen.h, seen.w);
  for_view_rows(undo_view(view), seen, logits, [&](int64_t to, const std::vector<T>& line) {
    vectors(0, static_cast<int64_t>(line.size()), [&](int64_t i, auto lanes) {
      float* p = probability + to + i;
      store(p, load(p, lanes) + weight * sigmoid(load(line.data() + i, lanes)), lanes);
    });
  });
}

template <class T>
void reflect_pad(CpuContext&, const MapSize& s, int top, int left, int oh, int ow, const T* x, T* y) {
  const auto bytes = static_cast<size_t>(s.c) * sizeof(T);
  parallel_for(int64_t{s.n} * oh, row_grain(int64_t{ow} * s.c), [&](int64_t b, int64_t e) {
    for (int64_t row = b; row < e; ++row) {
      const T* from = x + (row / oh * s.h + reflect(row % oh - top, s.h)) * s.w * s.c;
      for (int64_t ox = 0; ox < ow; ++ox) {
        std::memcpy(static_cast<void*>(y + (row * ow + ox) * s.c), from + reflect(ox - left, s.w) * s.c, bytes);
      }
    }
  });
}

template <class T>
void crop(CpuContext&, const MapSize& s, int top, int left, int oh, int ow, const T* x, T* y) {
  PPL_CHECK(top >= 0 && left >= 0 && top + oh <= s.h && left + ow <= s.w, "crop: ", oh, "x", ow, " at ", top, ",", left,
            " of ", s.h, "x", s.w);
  const int64_t line = int64_t{ow} * s.c;
  parallel_for(int64_t{s.n} * oh, row_grain(line), [&](int64_t b, int64_t e) {
    for (int64_t row = b; row < e; ++row) {
      const T* from = x + ((row / oh * s.h + row % oh + top) * s.w + left) * s.c;
      std::memcpy(static_cast<void*>(y + row * line), from, static_cast<size_t>(line) * sizeof(T));
    }
  });
}

void threshold(CpuContext&, int64_t n, float limit, uint8_t foreground, const float* p, uint8_t* mask) {
  for_elements(n, [&](int64_t i, auto lanes) {
    store(mask + i, load(p + i, lanes) > splat(limit) ? splat_int(foreground) : VecInt{}, lanes);
  });
}

#define PPL_INSTANTIATE(T)                                                                  \
  template void view(CpuContext&, int, const MapSize&, const T*, T*);                       \
  template void accumulate_view(CpuContext&, int, const MapSize&, float, const T*, float*); \
  template void reflect_pad(CpuContext&, const MapSize&, int, int, int, int, const T*, T*); \
  template void crop(CpuContext&, const MapSize&, int, int, int, int, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
