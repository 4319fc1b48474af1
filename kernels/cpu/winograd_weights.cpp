// The gradient of a Winograd convolution to its weights: dw = Gt (sum over tiles of (Bt x B) * (A dy At)) G.
#include <algorithm>

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/winograd.h"
#include "kernels/cpu/winograd_transform.h"

namespace ppl::winograd {

namespace {

// Sums: [point][block of 16 inputs][panel of 32 outputs][16][32], the points an odd number of lines apart.
struct Sums {
  int64_t blocks, panels;
  int64_t stride() const { return (blocks * panels * 32 | 1) * 16; }
  int64_t size() const { return points * stride(); }
  int64_t at(int64_t point, int64_t block, int64_t panel) const {
    return point * stride() + (block * panels + panel) * 512;
  }
};

// Sums of kWidth x kWidth channels from c (of a phase) and k on to dw.
template <int Taps>
void store_weights(const Conv& p, int phase, int64_t c, int64_t k, const float* sums, int64_t stride, float* dw) {
  Vec taps[Taps * Taps][kWidth];
  for (int i = 0; i < kWidth; ++i) {
    transform_2d<6, Taps>([](const Vec(&u)[6], Vec(&g)[Taps]) { weights_gradient_1d(u, g); },
                          [&](int r, int s) { return load_aligned(sums + (r * 6 + s) * stride + i * 32); },
                          [&](int r, int s, Vec v) { taps[r * Taps + s][i] = v; });
  }
  const int64_t rows = std::min<int64_t>(kWidth, p.k - k);
  const Lanes mask = lanes(p.c - c);
  for (int tap = 0; tap < Taps * Taps; ++tap) {
    const int r = window_row(p, phase / 2, tap / Taps), s = window_row(p, phase % 2, tap % Taps);
    if (r < 0 || r >= p.r || s < 0 || s >= p.s) continue;
    transpose(taps[tap]);
    for (int64_t i = 0; i < rows; ++i) store_lanes(dw + (((k + i) * p.r + r) * p.s + s) * p.c + c, taps[tap][i], mask);
  }
}

// The channels and tiles that are taken at once: their sums should stay in the common cache, their spectra nearer.
struct Chunk {
  int64_t c_block, c_blocks, k_panel, k_panels;
};

template <class T>
struct Problem {
  const Conv& conv;
  Tiles x_tiles, y_tiles;
  const T *x, *dy;
};

template <class T>
void add_products(const Problem<T>& p, const Chunk& chunk, int64_t tile, int64_t count, Spectrum v, Spectrum z,
                  bool add, float* sums) {
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    transform_tiles(p.x_tiles, p.x, tile + begin, end - begin, chunk.c_block, v, begin);
    transform_tiles(p.y_tiles, p.dy, tile + begin, end - begin, chunk.k_panel * 2, z, begin);
  });
  const Sums layout{chunk.c_blocks, chunk.k_panels};
  parallel_for(points * chunk.k_panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t point = i / chunk.k_panels, panel = i % chunk.k_panels;
      for (int64_t block = 0; block < chunk.c_blocks; ++block) {
        multiply_channels(count, v.at(point, block, 0), z.at(point, panel * 2, 0), z.at(point, panel * 2 + 1, 0), add,
                          sums + layout.at(point, block, panel));
      }
    }
  });
}

// All tiles of a chunk, either in parts whose steps all threads share, or in lanes with sums of their own, a thread to
// a lane and no waiting before the end. The lanes' number does not depend on the threads', nor does then the result.
struct Schedule {
  int64_t lanes, parts, most;  // parts of a lane; most tiles in a part

  Schedule(int64_t tiles, int64_t width, int64_t sums) {
    constexpr int64_t own_cache = 192 << 10, common_cache = 512 << 10, most_sums = 3 << 20;  // in floats
    const bool many = tiles >= 8 * 64 && sums * 8 <= most_sums;
    const int64_t fit = (many ? own_cache : common_cache) / (points * width);
    lanes = many ? 8 : 1;
    parts = ceil_div(ceil_div(tiles, lanes), std::max<int64_t>(many ? 24 : 64, fit));
    most = ceil_div(tiles, lanes * parts);
  }
};

// Returns the sums over all tiles.
template <class T>
const float* sum_products(CpuContext& ctx, const Problem<T>& p, const Chunk& chunk, const Sums& layout) {
  const int64_t all = p.x_tiles.count(), y_blocks = chunk.k_panels * 2;
  const Schedule schedule(all, (chunk.c_blocks + y_blocks) * 16, layout.size());
  const int64_t threads = schedule.lanes > 1 ? omp_get_max_threads() : 1, most = schedule.most;
  const int64_t v_size = Spectrum::size(chunk.c_blocks, most), z_size = Spectrum::size(y_blocks, most);
  float* v = ctx.scratch<float>(CpuSlot::library, v_size * threads);
  float* z = ctx.scratch<float>(CpuSlot::product, z_size * threads);
  float* sums = ctx.scratch<float>(CpuSlot::conv_partial, layout.size() * schedule.lanes);
  parallel_for(schedule.lanes, 1, [&](int64_t first, int64_t last) {
    const int64_t thread = threads > 1 && omp_in_parallel() ? omp_get_thread_num() : 0;
    for (int64_t i = first * schedule.parts; i < last * schedule.parts; ++i) {
      const int64_t count = schedule.lanes * schedule.parts, begin = all * i / count, end = all * (i + 1) / count;
      add_products(p, chunk, begin, end - begin, {v + thread * v_size, chunk.c_blocks, most},
                   {z + thread * z_size, y_blocks, most}, i % schedule.parts > 0,
                   sums + i / schedule.parts * layout.size());
    }
  });
  if (schedule.lanes == 1) return sums;
  parallel_for(layout.size(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t lane = 1; lane < schedule.lanes; ++lane) {
      const float* from = sums + lane * layout.size();
      for (int64_t i = begin; i < end; ++i) sums[i] += from[i];
    }
  });
  return sums;
}

// Sums of block `block` of 16 inputs (all phases counted) and 16 outputs from k on to dw.
void store_block(const Conv& p, int64_t block, int64_t per_phase, int64_t k, const float* sums, int64_t stride,
                 float* dw) {
  const int phase = static_cast<int>(block / per_phase);
  const int64_t c = block % per_phase * 16;
  for (int at = 0; at < 16 * 16; at += kWidth * kWidth) {
    const int i = at / (16 * kWidth) * kWidth, j = at / kWidth % 16;
    if (k + j >= p.k || c + i >= p.c) continue;
    const float* from = sums + i * 32 + j;
    stride_of(p) == 1 ? store_weights<3>(p, phase, c + i, k + j, from, stride, dw)
                      : store_weights<2>(p, phase, c + i, k + j, from, stride, dw);
  }
}

template <class T>
void run_chunk(CpuContext& ctx, const Problem<T>& p, const Chunk& chunk, float* dw) {
  const Sums layout{chunk.c_blocks, chunk.k_panels};
  const float* sums = sum_products(ctx, p, chunk, layout);
  const int64_t per_phase = p.x_tiles.blocks() / p.x_tiles.phases;
  parallel_for(chunk.c_blocks * chunk.k_panels * 2, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t block = i % chunk.c_blocks, half = i / chunk.c_blocks;
      const float* from = sums + layout.at(0, block, half / 2) + half % 2 * 16;
      store_block(p.conv, chunk.c_block + block, per_phase, chunk.k_panel * 32 + half * 16, from, layout.stride(), dw);
    }
  });
}

// Few tiles: the sums are the most of what is moved. Each thread takes 16 x 32 of them at a time, over all tiles and
// through the transform, within its own cache.
template <class T>
void run_by_blocks(CpuContext& ctx, const Problem<T>& p, float* dw) {
  const int64_t count = p.x_tiles.count(), x_blocks = p.x_tiles.blocks(), panels = ceil_div(p.conv.k, 32);
  const Spectrum v{ctx.scratch<float>(CpuSlot::library, Spectrum::size(x_blocks, count)), x_blocks, count};
  const Spectrum z{ctx.scratch<float>(CpuSlot::product, Spectrum::size(panels * 2, count)), panels * 2, count};
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    transform_tiles(p.x_tiles, p.x, begin, end - begin, 0, v, begin);
    transform_tiles(p.y_tiles, p.dy, begin, end - begin, 0, z, begin);
  });
  const Sums layout{1, 1};
  float* all_sums = ctx.scratch<float>(CpuSlot::conv_partial, layout.size() * omp_get_max_threads());
  parallel_for(x_blocks * panels, 1, [&](int64_t begin, int64_t end) {
    float* sums = all_sums + (omp_in_parallel() ? omp_get_thread_num() : 0) * layout.size();
    for (int64_t i = begin; i < end; ++i) {
      const int64_t block = i % x_blocks, panel = i / x_blocks;
      for (int64_t point = 0; point < points; ++point) {
        multiply_channels(count, v.at(point, block, 0), z.at(point, panel * 2, 0), z.at(point, panel * 2 + 1, 0), false,
                          sums + layout.at(point, 0, 0));
      }
      for (int64_t half = 0; half < 2; ++half) {
        store_block(p.conv, block, x_blocks / p.x_tiles.phases, panel * 32 + half * 16, sums + half * 16,
                    layout.stride(), dw);
      }
    }
  });
}

}  // namespace

template <class T>
void backward_weights(CpuContext& ctx, const Conv& p, const T* x, const T* dy, float* dw) {
  constexpr int64_t most_blocks = 16, most_panels = 8;
  const Tiles xt = x_tiles(p);
  const int m = results(p);
  const Problem<T> problem{p, xt, {p.n, p.oh, p.ow, p.k, xt.rows, xt.columns, m, m, 0, 1, 1}, x, dy};
  const int64_t blocks = xt.blocks(), panels = ceil_div(p.k, 32);
  constexpr int64_t few_tiles = 64;
  if (xt.count() <= few_tiles) return run_by_blocks(ctx, problem, dw);
  for (int64_t c = 0; c < blocks; c += most_blocks) {
    for (int64_t k = 0; k < panels; k += most_panels) {
      run_chunk(ctx, problem, {c, std::min(most_blocks, blocks - c), k, std::min(most_panels, panels - k)}, dw);
    }
  }
}

template void backward_weights(CpuContext&, const Conv&, const float*, const float*, float*);
template void backward_weights(CpuContext&, const Conv&, const bf16*, const bf16*, float*);

}  // namespace ppl::winograd
