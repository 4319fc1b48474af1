// Pooling and resizing are both separable: along each axis a position belongs with some weight to some of 12 slots,
// which are the 1 + 2 + 3 + 6 cells of the four grids. Pooling forward and resizing backward gather a map into cells,
// the others spread.
#include "kernels/pyramid_pool.h"

#include "kernels/adaptive_average_pool.h"
#include "kernels/bilinear_resize.h"
#include "kernels/cpu/map_loop.h"

namespace ppl {
namespace {

constexpr int kSlots = 12;
constexpr std::array<int, 4> kSlotsBefore = {0, 1, 3, 6};

struct Entry {
  int grid, cell;
  float weight;
  int slot() const { return kSlotsBefore[static_cast<size_t>(grid)] + cell; }
};
using Axis = std::vector<std::vector<Entry>>;  // [position]

Axis pool_axis(int n) {
  Axis axis(static_cast<size_t>(n));
  for (int g = 0; g < 4; ++g) {
    for (int i = 0; i < kPyramidGrids[static_cast<size_t>(g)]; ++i) {
      const AdaptiveCell cell(i, n, kPyramidGrids[static_cast<size_t>(g)]);
      for (int p = cell.begin; p < cell.end; ++p) {
        axis[static_cast<size_t>(p)].push_back({g, i, 1.0f / static_cast<float>(cell.end - cell.begin)});
      }
    }
  }
  return axis;
}

Axis resize_axis(int n) {
  Axis axis(static_cast<size_t>(n));
  for (int p = 0; p < n; ++p) {
    for (int g = 0; g < 4; ++g) {
      const BilinearTap t(p, kPyramidGrids[static_cast<size_t>(g)], n);
      axis[static_cast<size_t>(p)].push_back({g, t.first, 1 - t.weight});
      if (t.weight != 0) axis[static_cast<size_t>(p)].push_back({g, t.second, t.weight});
    }
  }
  return axis;
}

// First of the cells of one row of a grid, in [50 n, c].
int64_t cell_row(const PyramidPool& s, int64_t image, int grid, int row) {
  const int side = kPyramidGrids[static_cast<size_t>(grid)];
  return int64_t{kPyramidCellsBefore[static_cast<size_t>(grid)]} * s.n + image * side * side + row * side;
}

int64_t row_grain(const PyramidPool& s) { return std::max<int64_t>(1, kElementGrain / (int64_t{s.w} * s.c)); }

// cells from value(i, lanes) at flat position i: first along each row of the map, then over the rows.
template <class Value>
void gather(CpuContext& ctx, const PyramidPool& s, const Axis& rows, const Axis& columns, Value value, float* cells) {
  const int64_t line_size = int64_t{kSlots} * s.c;
  float* lines = ctx.scratch<float>(CpuSlot::partial, static_cast<size_t>(int64_t{s.n} * s.h * line_size));
  parallel_for(int64_t{s.n} * s.h, row_grain(s), [&](int64_t b, int64_t e) {
    for (int64_t row = b; row < e; ++row) {
      float* line = lines + row * line_size;
      std::fill(line, line + line_size, 0.0f);
      for (int64_t ix = 0; ix < s.w; ++ix) {
        vectors(0, s.c, [&](int64_t c, auto lanes) {
          const Vec v = value((row * s.w + ix) * s.c + c, lanes);
          for (const Entry& t : columns[static_cast<size_t>(ix)]) {
            float* to = line + int64_t{t.slot()} * s.c + c;
            store(to, load(to, lanes) + t.weight * v, lanes);
          }
        });
      }
    }
  });
  std::fill(cells, cells + int64_t{kPyramidCells} * s.n * s.c, 0.0f);
  parallel_for(s.n, 1, [&](int64_t b, int64_t e) {
    for (int64_t row = b * s.h; row < e * s.h; ++row) {
      for (const Entry& t : rows[static_cast<size_t>(row % s.h)]) {
        const int64_t count = int64_t{kPyramidGrids[static_cast<size_t>(t.grid)]} * s.c;
        float* to = cells + cell_row(s, row / s.h, t.grid, t.cell) * s.c;
        const float* from = lines + row * line_size + int64_t{kSlotsBefore[static_cast<size_t>(t.grid)]} * s.c;
        vectors(0, count, [&](int64_t i, auto lanes) {
          store(to + i, load(to + i, lanes) + t.weight * load(from + i, lanes), lanes);
        });
      }
    }
  });
}

// take(i, v, lanes): v is the sum over the grids at flat position i, plus bias where that is not null.
template <class Take>
void spread(const PyramidPool& s, const Axis& rows, const Axis& columns, const float* cells, const float* bias,
            Take take) {
  parallel_for(int64_t{s.n} * s.h, row_grain(s), [&](int64_t b, int64_t e) {
    std::vector<float> lines(static_cast<size_t>(int64_t{kSlots} * s.c));
    for (int64_t row = b; row < e; ++row) {
      std::fill(lines.begin(), lines.end(), 0.0f);
      for (const Entry& t : rows[static_cast<size_t>(row % s.h)]) {
        const int64_t count = int64_t{kPyramidGrids[static_cast<size_t>(t.grid)]} * s.c;
        float* to = lines.data() + int64_t{kSlotsBefore[static_cast<size_t>(t.grid)]} * s.c;
        const float* from = cells + cell_row(s, row / s.h, t.grid, t.cell) * s.c;
        vectors(0, count, [&](int64_t i, auto lanes) {
          store(to + i, load(to + i, lanes) + t.weight * load(from + i, lanes), lanes);
        });
      }
      for (int64_t ix = 0; ix < s.w; ++ix) {
        vectors(0, s.c, [&](int64_t c, auto lanes) {
          Vec v = bias ? load(bias + c, lanes) : Vec{};
          for (const Entry& t : columns[static_cast<size_t>(ix)]) {
            v += t.weight * load(lines.data() + int64_t{t.slot()} * s.c + c, lanes);
          }
          take((row * s.w + ix) * s.c + c, v, lanes);
        });
      }
    }
  });
}

}  // namespace

template <class T>
void pyramid_pool_forward(CpuContext& ctx, const PyramidPool& s, const T* x, float* cells) {
  gather(
      ctx, s, pool_axis(s.h), pool_axis(s.w), [=](int64_t i, auto lanes) { return load(x + i, lanes); }, cells);
}

template <class T>
void pyramid_pool_backward(CpuContext&, const PyramidPool& s, const float* dcells, T* dx) {
  spread(s, pool_axis(s.h), pool_axis(s.w), dcells, nullptr,
         [=](int64_t i, Vec v, auto lanes) { store(dx + i, load(dx + i, lanes) + v, lanes); });
}

template <class T>
void pyramid_resize_forward(CpuContext&, const PyramidPool& s, const float* cells, const float* bias, T* y) {
  spread(s, resize_axis(s.h), resize_axis(s.w), cells, bias,
         [=](int64_t i, Vec v, auto lanes) { store(y + i, relu(load(y + i, lanes) + v), lanes); });
}

template <class T>
void pyramid_resize_backward(CpuContext& ctx, const PyramidPool& s, const T* dy, const T* y, T* dz, float* dcells) {
  const auto masked = [=](int64_t i, auto lanes) {
    const Vec d = load(y + i, lanes) > Vec{} ? load(dy + i, lanes) : Vec{};
    store(dz + i, d, lanes);
    return d;
  };
  gather(ctx, s, resize_axis(s.h), resize_axis(s.w), masked, dcells);
}

#define PPL_INSTANTIATE(T)                                                                               \
  template void pyramid_pool_forward(CpuContext&, const PyramidPool&, const T*, float*);                 \
  template void pyramid_pool_backward(CpuContext&, const PyramidPool&, const float*, T*);                \
  template void pyramid_resize_forward(CpuContext&, const PyramidPool&, const float*, const float*, T*); \
  template void pyramid_resize_backward(CpuContext&, const PyramidPool&, const T*, const T*, T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
