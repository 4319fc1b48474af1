#include "kernels/views.h"

#include <cstring>

#include "kernels/cpu/map_loop.h"
#include "kernels/cpu/vec_math.h"

namespace ppl {
namespace {

int64_t row_grain(int64_t row) { return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, row)); }

// body(to, line): each row of the view, as its first element's position and its w * c elements gathered from x.
template <class T, class Body>
void for_view_rows(int view, const MapSize& s, const T* x, Body&& body) {
  PPL_CHECK(view >= 0 && view < kViews, "view ", view, " (expected 0 to 7)");
  const int64_t vh = view_transposes(view) ? s.w : s.h, vw = view_transposes(view) ? s.h : s.w;
  const ViewPixels at(view, s.h, s.w);
  parallel_for(int64_t{s.n} * vh, row_grain(vw * s.c), [&](int64_t b, int64_t e) {
    std::vector<T> line(static_cast<size_t>(vw * s.c));
    for (int64_t row = b; row < e; ++row) {
      const T* from = x + (row / vh * s.h * s.w + at.start + row % vh * at.row) * s.c;
      for (int64_t p = 0; p < vw; ++p, from += at.column * s.c) std::copy_n(from, s.c, line.data() + p * s.c);
      body(row * vw * s.c, line);
    }
  });
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
      const T* from = x + (row / oh * s.h + reflected(row % oh - top, s.h)) * s.w * s.c;
      for (int64_t ox = 0; ox < ow; ++ox) {
        std::memcpy(static_cast<void*>(y + (row * ow + ox) * s.c), from + reflected(ox - left, s.w) * s.c, bytes);
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
