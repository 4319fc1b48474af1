// Tiles of a map into the Winograd domain.
#include <algorithm>

#include "kernels/cpu/winograd.h"
#include "kernels/cpu/winograd_transform.h"

namespace ppl::winograd {
namespace {

// Where the pixels of one window are, and which of them exist.
template <class T, int Side>
struct Window {
  const T* row[Side];
  int64_t pitch;
  bool row_inside[Side], column_inside[Side];
  bool whole = true;

  Window(const Tiles& g, const T* map, int64_t tile, int phase) : pitch(int64_t{g.every} * g.c) {
    const int64_t n = tile / g.columns / g.rows;
    const int64_t y0 = tile / g.columns % g.rows * g.step + g.start - phase / 2;
    const int64_t x0 = tile % g.columns * g.step + g.start - phase % 2;
    for (int i = 0; i < Side; ++i) {
      const int64_t y = y0 + i * g.every, x = x0 + i * g.every;
      row_inside[i] = y >= 0 && y < g.h;
      column_inside[i] = x >= 0 && x < g.w;
      whole = whole && row_inside[i] && column_inside[i];
      row[i] = map + ((n * g.h + y) * g.w + x0) * g.c;
    }
  }

  // The pixels of the window to the right that this one does not share; strides of many lines escape the hardware.
  void prefetch_next(int64_t offset) const {
    for (int i = 0; i < Side; ++i) {
      for (int j = Side == 6 ? 1 : 0; j < Side; ++j) __builtin_prefetch(row[i] + j * pitch + offset);
    }
  }
};

template <int Side>
void transform_1d(const Vec (&in)[Side], Vec (&out)[6]) {
  if constexpr (Side == 6) {
    input_1d(in, out);
  } else {
    output_gradient_1d(in, out);
  }
}

// Sixteen channels from c on of one window; points of the result are stride floats apart.
template <class T, int Side>
inline void transform_block(const Tiles& g, const Window<T, Side>& window, int64_t c, float* out, int64_t stride) {
  const bool whole = window.whole && c + 16 <= g.c;
  if (whole) window.prefetch_next(g.step * g.c + c);
  for (int part = 0; part < 16; part += kWidth, c += kWidth, out += kWidth) {
    const auto store = [&](int i, int j, Vec v) { store_aligned(out + (i * 6 + j) * stride, v); };
    if (whole) {
      const auto load = [&](int i, int j) { return load_lanes(window.row[i] + j * window.pitch + c); };
      transform_2d<Side, 6>(transform_1d<Side>, load, store);
    } else {
      const Lanes mask = lanes(g.c - c);
      const auto load = [&](int i, int j) {
        const bool inside = window.row_inside[i] && window.column_inside[j];
        return inside ? load_lanes(window.row[i] + j * window.pitch + c, mask) : Vec{};
      };
      transform_2d<Side, 6>(transform_1d<Side>, load, store);
    }
  }
}

template <class T, int Side>
void transform(const Tiles& g, const T* map, int64_t tile, int64_t count, int64_t block, Spectrum out, int64_t to) {
  const int64_t stride = Spectrum::stride(out.blocks, out.tiles), per_phase = g.blocks() / g.phases;
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t b = block; b < block + out.blocks;) {
      // Blocks beyond the last channel, which fill up a panel, become zero.
      const int64_t phase = std::min<int64_t>(b / per_phase, g.phases - 1), last = block + out.blocks;
      const int64_t end = phase == g.phases - 1 ? last : std::min(last, (phase + 1) * per_phase);
      const Window<T, Side> window(g, map, tile + t, static_cast<int>(phase));
      for (; b < end; ++b) {
        const int64_t c = (b - phase * per_phase) * 16;
        transform_block(g, window, c, out.at(0, b - block, to + t), stride);
      }
    }
  }
}

}  // namespace

template <class T>
void transform_tiles(const Tiles& g, const T* map, int64_t tile, int64_t count, int64_t block, Spectrum out,
                     int64_t to) {
  if (g.side == 6) return transform<T, 6>(g, map, tile, count, block, out, to);
  if (g.side == 5) return transform<T, 5>(g, map, tile, count, block, out, to);
  transform<T, 4>(g, map, tile, count, block, out, to);
}

template void transform_tiles(const Tiles&, const float*, int64_t, int64_t, int64_t, Spectrum, int64_t);
template void transform_tiles(const Tiles&, const bf16*, int64_t, int64_t, int64_t, Spectrum, int64_t);

}  // namespace ppl::winograd
