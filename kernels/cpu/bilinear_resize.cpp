#include "kernels/bilinear_resize.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {
namespace {

std::vector<BilinearTap> taps(int in, int out) {
  std::vector<BilinearTap> all;
  for (int o = 0; o < out; ++o) all.emplace_back(o, in, out);
  return all;
}

// The outputs [begin[i], end[i]) that read input i, and with what weight.
struct Readers {
  std::vector<BilinearTap> of;
  std::vector<int> begin, end;

  Readers(int in, int out) : of(taps(in, out)), begin(static_cast<size_t>(in)), end(static_cast<size_t>(in)) {
    for (int o = 0; o < out; ++o) {
      for (const int i : {of[static_cast<size_t>(o)].first, of[static_cast<size_t>(o)].second}) {
        const auto at = static_cast<size_t>(i);
        if (end[at] == 0) begin[at] = o;
        end[at] = o + 1;
      }
    }
  }
  float weight(int o, int i) const {
    const BilinearTap& t = of[static_cast<size_t>(o)];
    return (t.first == i ? 1 - t.weight : 0.0f) + (t.second == i ? t.weight : 0.0f);
  }
};

int64_t grain(int64_t row) { return std::max<int64_t>(1, kElementGrain / row); }

}  // namespace

// Row by row: two rows of x blended into a line, then pixels along the line.
template <class T>
void bilinear_resize_forward(CpuContext&, const BilinearResize& s, const T* x, const T* addend, T* y) {
  const std::vector<BilinearTap> rows = taps(s.h, s.oh), columns = taps(s.w, s.ow);
  const int64_t in_row = int64_t{s.w} * s.c, out_row = int64_t{s.ow} * s.c;
  parallel_for(int64_t{s.n} * s.oh, grain(out_row), [&](int64_t b, int64_t e) {
    std::vector<float> line(static_cast<size_t>(in_row));
    for (int64_t row = b; row < e; ++row) {
      const BilinearTap& t = rows[static_cast<size_t>(row % s.oh)];
      const T* top = x + (row / s.oh * s.h + t.first) * in_row;
      const T* bottom = x + (row / s.oh * s.h + t.second) * in_row;
      vectors(0, in_row, [&](int64_t i, auto lanes) {
        store(line.data() + i, (1 - t.weight) * load(top + i, lanes) + t.weight * load(bottom + i, lanes), lanes);
      });
      for (int64_t ox = 0; ox < s.ow; ++ox) {
        const BilinearTap& u = columns[static_cast<size_t>(ox)];
        const float *left = line.data() + int64_t{u.first} * s.c, *right = line.data() + int64_t{u.second} * s.c;
        const int64_t at = row * out_row + ox * s.c;
        vectors(0, s.c, [&](int64_t c, auto lanes) {
          Vec v = (1 - u.weight) * load(left + c, lanes) + u.weight * load(right + c, lanes);
          if (addend) v += load(addend + at + c, lanes);
          store(y + at + c, v, lanes);
        });
      }
    }
  });
}

template <class T>
void bilinear_resize_backward(CpuContext&, const BilinearResize& s, const T* dy, T* dx) {
  const Readers rows(s.h, s.oh), columns(s.w, s.ow);
  const int64_t in_row = int64_t{s.w} * s.c, out_row = int64_t{s.ow} * s.c;
  parallel_for(int64_t{s.n} * s.h, grain(std::max(in_row, out_row)), [&](int64_t b, int64_t e) {
    std::vector<float> line(static_cast<size_t>(out_row));
    for (int64_t row = b; row < e; ++row) {
      const int iy = static_cast<int>(row % s.h);
      std::fill(line.begin(), line.end(), 0.0f);
      for (int oy = rows.begin[static_cast<size_t>(iy)]; oy < rows.end[static_cast<size_t>(iy)]; ++oy) {
        const float weight = rows.weight(oy, iy);
        const T* from = dy + (row / s.h * s.oh + oy) * out_row;
        vectors(0, out_row, [&](int64_t i, auto lanes) {
          store(line.data() + i, load(line.data() + i, lanes) + weight * load(from + i, lanes), lanes);
        });
      }
      for (int ix = 0; ix < s.w; ++ix) {
        vectors(0, s.c, [&](int64_t c, auto lanes) {
          Vec d{};
          for (int ox = columns.begin[static_cast<size_t>(ix)]; ox < columns.end[static_cast<size_t>(ix)]; ++ox) {
            d += columns.weight(ox, ix) * load(line.data() + int64_t{ox} * s.c + c, lanes);
          }
          store(dx + row * in_row + int64_t{ix} * s.c + c, d, lanes);
        });
      }
    }
  });
}

#define PPL_INSTANTIATE(T)                                                                           \
  template void bilinear_resize_forward(CpuContext&, const BilinearResize&, const T*, const T*, T*); \
  template void bilinear_resize_backward(CpuContext&, const BilinearResize&, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
