#include "kernels/max_pool.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {
namespace {

// Along one axis: where each output's window begins in the input (forward), or which outputs each input is in
// (backward). Neighbouring positions of the other map, and their index inside the window along this axis.
struct Span {
  int first, count, index;
};

std::vector<Span> windows(int out, int in, const MaxPool& s) {
  std::vector<Span> spans;
  for (int o = 0; o < out; ++o) {
    const int start = o * s.stride - s.pad, first = std::max(0, start);
    spans.push_back({first, std::min(in, start + s.window) - first, first - start});
  }
  return spans;
}

std::vector<Span> readers(int in, int out, const MaxPool& s) {
  std::vector<Span> spans;
  for (int i = 0; i < in; ++i) {
    const int first = std::max(0, (i + s.pad - s.window + s.stride) / s.stride);
    spans.push_back({first, std::min(out, (i + s.pad) / s.stride + 1) - first, i + s.pad - first * s.stride});
  }
  return spans;
}

int64_t row_grain(int64_t row_elements) {
  return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, row_elements));
}

// Calls body with the count as a constant where it is small, so that loops over it unroll.
template <class Body>
void with_count(int count, Body&& body) {
  switch (count) {
    case 1:
      return body(std::integral_constant<int, 1>{});
    case 2:
      return body(std::integral_constant<int, 2>{});
    case 3:
      return body(std::integral_constant<int, 3>{});
    default:
      return body(count);
  }
}

template <class Body>
void with_counts(const Span& rows, const Span& columns, Body&& body) {
  with_count(rows.count, [&](auto r) { with_count(columns.count, [&](auto c) { body(r, c); }); });
}

}  // namespace

template <class T>
void max_pool_forward(CpuContext&, const MaxPool& s, const T* x, T* y, uint8_t* where) {
  const std::vector<Span> ys = windows(s.oh, s.h, s), xs = windows(s.ow, s.w, s);
  const int64_t line = int64_t{s.w} * s.c;
  parallel_for(int64_t{s.n} * s.oh, row_grain(int64_t{s.ow} * s.c), [&](int64_t b, int64_t e) {
    for (int64_t row = b; row < e; ++row) {
      const Span& v = ys[static_cast<size_t>(row % s.oh)];
      for (int64_t ox = 0; ox < s.ow; ++ox) {
        const Span& h = xs[static_cast<size_t>(ox)];
        const T* corner = x + (row / s.oh * s.h + v.first) * line + int64_t{h.first} * s.c;
        const int64_t out = (row * s.ow + ox) * s.c;
        const int first = v.index * s.window + h.index;
        with_counts(v, h, [&](auto rows, auto columns) {
          vectors(0, s.c, [&](int64_t c, auto lanes) {
            Vec best = load(corner + c, lanes);
            VecInt index = splat_int(first);
            for (int k = 0; k < rows; ++k) {
              for (int l = 0; l < columns; ++l) {
                take_greater(load(corner + k * line + int64_t{l} * s.c + c, lanes), splat_int(first + k * s.window + l),
                             best, index);
              }
            }
            store(y + out + c, best, lanes);
            store(where + out + c, index, lanes);
          });
        });
      }
    }
  });
}

template <class T>
void max_pool_backward(CpuContext&, const MaxPool& s, const T* dy, const uint8_t* where, T* dx) {
  const std::vector<Span> ys = readers(s.h, s.oh, s), xs = readers(s.w, s.ow, s);
  const int64_t line = int64_t{s.ow} * s.c;
  parallel_for(int64_t{s.n} * s.h, row_grain(int64_t{s.w} * s.c), [&](int64_t b, int64_t e) {
    for (int64_t row = b; row < e; ++row) {
      const Span& v = ys[static_cast<size_t>(row % s.h)];
      for (int64_t ix = 0; ix < s.w; ++ix) {
        const Span& h = xs[static_cast<size_t>(ix)];
        const int64_t corner = (row / s.h * s.oh + v.first) * line + int64_t{h.first} * s.c;
        const int first = v.index * s.window + h.index;
        with_counts(v, h, [&](auto rows, auto columns) {
          vectors(0, s.c, [&](int64_t c, auto lanes) {
            Vec d{};
            for (int k = 0; k < rows; ++k) {
              for (int l = 0; l < columns; ++l) {
                const int64_t at = corner + k * line + int64_t{l} * s.c + c;
                const VecInt mine = splat_int(first - (k * s.window + l) * s.stride);
                d += load(where + at, lanes) == mine ? load(dy + at, lanes) : Vec{};
              }
            }
            store(dx + (row * s.w + ix) * s.c + c, d, lanes);
          });
        });
      }
    }
  });
}

#define PPL_INSTANTIATE(T)                                                             \
  template void max_pool_forward(CpuContext&, const MaxPool&, const T*, T*, uint8_t*); \
  template void max_pool_backward(CpuContext&, const MaxPool&, const T*, const uint8_t*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
