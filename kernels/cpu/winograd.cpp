// Winograd convolution, forward and to the data (a forward convolution of dy with the turned window).
#include "kernels/cpu/winograd.h"

#include <algorithm>

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/winograd_panels.h"

namespace ppl::winograd {

namespace {

// Products: [point][panel][tile][32].
struct Products {
  int64_t panels, tiles;
  int64_t stride() const { return (panels * tiles * 2 | 1) * 16; }
  int64_t size() const { return points * stride(); }
  int64_t at(int64_t point, int64_t panel) const { return point * stride() + panel * tiles * 32; }
};

// The results of one tile in kWidth channels from c on; m holds its 36 products, stride floats apart.
template <int Results, class T>
void store_tile(const Problem<T>& p, int64_t tile, int phase, int64_t c, const float* m, int64_t stride) {
  Vec out[Results][Results];
  transform_2d<6, Results>([](const Vec(&t)[6], Vec(&y)[Results]) { output_1d(t, y); },
                           [&](int i, int j) { return load_aligned(m + (i * 6 + j) * stride); },
                           [&](int i, int j, Vec v) { out[i][j] = v; });
  const int every = p.out_phases == 4 ? 2 : 1;
  const int64_t n = tile / p.in.columns / p.in.rows;
  const int64_t y = tile / p.in.columns % p.in.rows * Results * every - phase / 2;
  const int64_t x = tile % p.in.columns * Results * every - phase % 2;
  const Lanes mask = lanes(p.c - c);
  const Vec bias = p.epilogue.bias ? load_lanes(p.epilogue.bias + c, mask) : Vec{};
  for (int64_t i = y < 0; i < Results && y + i * every < p.h; ++i) {
    const int64_t row = ((n * p.h + y + i * every) * p.w + x) * p.c + c;
    for (int64_t j = x < 0; j < Results && x + j * every < p.w; ++j) {
      const int64_t at = row + j * every * p.c;
      Vec v = out[i][j] + bias;
      if (p.epilogue.residual) v += load_lanes(p.epilogue.residual + at, mask);
      if (p.epilogue.relu) v = relu(v);
      store_lanes(p.y + at, v, mask);
      __builtin_prefetch(p.y + at + Results * every * p.c, 1);  // the next tile's, which else waits for memory
    }
  }
}

// The results of one tile in the 32 channels of a panel.
template <int Results, class T>
void store_panel(const Problem<T>& p, int64_t tile, int64_t panel, const float* m, int64_t stride) {
  const int64_t out_panels = p.panels() / p.out_phases, c = panel % out_panels * 32;
  const int phase = static_cast<int>(panel / out_panels);
  for (int part = 0; part < 32 && c + part < p.c; part += kWidth) {
    store_tile<Results>(p, tile, phase, c + part, m + part, stride);
  }
}

// Tiles [tile, tile + count). Splits over threads unless it is already in one of many.
template <int Taps, class T>
void run(const Problem<T>& p, int64_t tile, int64_t count, const Panels& u, const float* weights, Spectrum v,
         float* products) {
  parallel_for(count, 1,
               [&](int64_t begin, int64_t end) { transform_tiles(p.in, p.x, tile + begin, end - begin, 0, v, begin); });
  const Products m{u.panels, v.tiles};
  parallel_for(points * u.panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t point = i / u.panels, part = i % u.panels;
      multiply_tiles(count, v.blocks, v.at(point, 0, 0), v.tiles * 16, weights + u.at(point, part), false,
                     products + m.at(point, part));
    }
  });
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      for (int64_t i = 0; i < u.panels; ++i) {
        store_panel<7 - Taps>(p, tile + t, i, products + m.at(0, i) + t * 32, m.stride());
      }
    }
  });
}

// How the work is cut: blocks of tiles that one thread takes through all steps within its cache, or, where these would
// be too small, large blocks whose steps all threads share.
struct Plan {
  bool shared;
  int64_t tiles;  // of a block
};

Plan make_plan(const Tiles& in, int64_t panels) {
  constexpr int64_t own_cache = 160 << 10, common_cache = 4 << 20, least_tiles = 6;  // caches in floats
  const int64_t c = in.blocks() * 16;
  const int64_t own = own_cache / (points * (c + panels * 32));
  if (own >= least_tiles && in.count() >= least_tiles * omp_get_max_threads()) return {false, own};
  return {true, std::max<int64_t>(64, common_cache / (points * (c + panels * 32)))};
}

template <int Taps, class T>
void run_all(CpuContext& ctx, const Problem<T>& p, const Plan& plan, const Panels& u, const float* weights) {
  const int64_t count = p.in.count(), blocks = p.in.blocks(), threads = plan.shared ? 1 : omp_get_max_threads();
  int64_t parts = ceil_div(count, plan.tiles);
  if (!plan.shared) parts = ceil_div(parts, threads) * threads;
  const int64_t most = ceil_div(count, parts);
  const int64_t v_size = Spectrum::size(blocks, most), m_size = Products{u.panels, most}.size();
  float* v = ctx.scratch<float>(CpuSlot::library, v_size * threads);
  float* m = ctx.scratch<float>(CpuSlot::product, m_size * threads);
  const auto part = [&](int64_t i, int64_t thread) {
    const int64_t begin = count * i / parts, end = count * (i + 1) / parts;
    run<Taps>(p, begin, end - begin, u, weights, {v + thread * v_size, blocks, most}, m + thread * m_size);
  };
  if (plan.shared) {
    for (int64_t i = 0; i < parts; ++i) part(i, 0);
  } else {
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) part(i, omp_in_parallel() ? omp_get_thread_num() : 0);
    });
  }
}

// For weights that are not kept: each thread takes its panels through all steps, a part of the depth at a time, so that
// what it transforms is still in its own cache when it is multiplied. Tiles [tile, tile + count).
template <int Taps, class T>
void run_by_panels(CpuContext& ctx, const Problem<T>& p, int64_t tile, int64_t count) {
  constexpr int64_t part_blocks = 4;
  const int64_t blocks = p.in.blocks(), threads = omp_get_max_threads();
  const Spectrum v{ctx.scratch<float>(CpuSlot::library, Spectrum::size(blocks, count)), blocks, count};
  parallel_for(count, 1,
               [&](int64_t begin, int64_t end) { transform_tiles(p.in, p.x, tile + begin, end - begin, 0, v, begin); });
  const Panels u{1, part_blocks * 16};
  const Products m{1, count};
  float* all_weights = ctx.scratch<float>(CpuSlot::weights, u.size() * threads);
  float* all_products = ctx.scratch<float>(CpuSlot::product, m.size() * threads);
  parallel_for(p.panels(), 1, [&](int64_t first, int64_t last) {
    const int64_t thread = omp_in_parallel() ? omp_get_thread_num() : 0;
    float* weights = all_weights + thread * u.size();
    float* products = all_products + thread * m.size();
    for (int64_t panel = first; panel < last; ++panel) {
      for (int64_t block = 0; block < blocks; block += part_blocks) {
        const int64_t part = std::min(part_blocks, blocks - block);
        for (int64_t i = 0; i < part; ++i) transform_block<Taps>(p, block + i, panel, u, weights + i * 16 * 32);
        for (int64_t point = 0; point < points; ++point) {
          multiply_tiles(count, part, v.at(point, block, 0), count * 16, weights + u.at(point, 0), block > 0,
                         products + m.at(point, 0));
        }
      }
      for (int64_t t = 0; t < count; ++t) store_panel<7 - Taps>(p, tile + t, panel, products + t * 32, m.stride());
    }
  });
}

template <int Taps, class T>
void convolve(CpuContext& ctx, const Problem<T>& p, PackedWeights* packed) {
  const int64_t panels = p.panels(), depth = p.in.blocks() * 16;
  const Plan plan = make_plan(p.in, panels);
  if (packed) {
    const Panels all{panels, depth};
    const ConvKind kind = p.turned ? ConvKind::backward_data : ConvKind::forward;
    auto& entry = packed->impl->entry(ConvAlgorithm::winograd, kind, p.conv);
    if (!entry) {
      std::shared_ptr<AlignedBytes> made = std::make_shared<AlignedBytes>(all.size() * sizeof(float), "packed weights");
      transform_weights<Taps>(p, all, made->as<float>());
      entry = made;
    }
    const AlignedBytes& kept = *std::static_pointer_cast<AlignedBytes>(entry);
    return run_all<Taps>(ctx, p, plan, all, kept.as<float>());
  }
  if (plan.shared) {
    constexpr int64_t most_tiles = 64;
    const int64_t count = p.in.count(), parts = ceil_div(count, most_tiles);
    for (int64_t i = 0; i < parts; ++i) {
      run_by_panels<Taps>(ctx, p, count * i / parts, count * (i + 1) / parts - count * i / parts);
    }
    return;
  }
  const Panels u{panels, depth};
  float* weights = ctx.scratch<float>(CpuSlot::weights, u.size());
  transform_weights<Taps>(p, u, weights);
  run_all<Taps>(ctx, p, plan, u, weights);
}

// The windows on dy that give the tiles of dx.
Tiles dy_windows(const Conv& p) {
  const int m = results(p);
  const auto count = [&](int size) { return static_cast<int>(ceil_div(size + stride_of(p) - 1, m * stride_of(p))); };
  const int start = stride_of(p) == 1 ? padding_of(p) - 2 : -1;
  return {p.n, p.oh, p.ow, p.k, count(p.h), count(p.w), 6, m, start, 1, 1};
}

}  // namespace

bool serves(ConvKind kind, const Conv& p) {
  if (p.r != p.s || !p.stride.are_equal() || !p.pad.are_equal() || p.dilation != Axes(1)) return false;
  const int pad = padding_of(p);
  if (stride_of(p) == 1) return p.r == 3 && (kind == ConvKind::forward || pad <= 2);
  return stride_of(p) == 2 && pad <= 1 && p.r >= 3 && p.r <= 3 + pad;
}

Tiles x_tiles(const Conv& p) {
  const int m = results(p);
  const auto count = [&](int size) { return static_cast<int>(ceil_div(size, m)); };
  const int start = stride_of(p) == 1 ? -padding_of(p) : 0;
  return {p.n, p.h, p.w, p.c, count(p.oh), count(p.ow), 6, m * stride_of(p), start, stride_of(p), phases(p)};
}

template <class T>
void forward(CpuContext& ctx, const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y,
             PackedWeights* packed) {
  const Problem<T> problem{p, x_tiles(p), p.oh, p.ow, p.k, 1, x, w, false, e, y};
  stride_of(p) == 1 ? convolve<3>(ctx, problem, packed) : convolve<2>(ctx, problem, packed);
}

template <class T>
void backward_data(CpuContext& ctx, const Conv& p, const T* dy, const T* w, const Epilogue<T>& e, T* dx,
                   PackedWeights* packed) {
  const Problem<T> problem{p, dy_windows(p), p.h, p.w, p.c, phases(p), dy, w, true, e, dx};
  stride_of(p) == 1 ? convolve<3>(ctx, problem, packed) : convolve<2>(ctx, problem, packed);
}

#define PPL_INSTANTIATE(T)                                                                                     \
  template void forward(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*); \
  template void backward_data(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::winograd
