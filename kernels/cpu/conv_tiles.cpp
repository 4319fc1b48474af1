// bf16 convolutions, forward and to the data. The gradient to the data is a convolution of dy by the turned window; of
// strides s and t it falls into s x t phases of results s and t apart, each with the taps that meet it.
#include "kernels/cpu/conv_tiles.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/level.h"
#include "kernels/cpu/parallel.h"

#ifdef __AVX512BF16__
#include "kernels/cpu/conv_tile_bands.h"
#include "kernels/cpu/conv_tile_blocks.h"
#endif

namespace ppl::conv_tiles {
namespace {

Unit wanted = Unit::automatic;

}  // namespace

void use_unit(Unit unit) { wanted = unit; }

Unit unit_in_use() {
  if (wanted != Unit::automatic) return wanted;
  return current_level() == CpuLevel::amx ? Unit::tiles : Unit::dot;
}

#ifdef __AVX512BF16__
namespace {

// count results of row y of a phase, from x on, in the channels of a panel.
void store_block(const Problem& p, const Phase& phase, int64_t n, int64_t y, int64_t x, int64_t count, int64_t panel,
                 const float* sums) {
  for (int half = 0; half < 32; half += 16) {
    const int64_t c = panel * 32 + half;
    const Lanes mask = lanes(p.out - c);
    const Reg bias = p.epilogue.bias && mask ? load_lanes(p.epilogue.bias + c, mask) : Reg{};
    for (int64_t i = 0; i < count && mask; ++i) {
      const int64_t column = phase.x + (x + i) * p.every.x;
      const int64_t at = ((n * p.oh + phase.y + y * p.every.y) * p.ow + column) * p.out + c;
      Reg v = load_aligned(sums + i * 32 + half) + bias;
      if (p.epilogue.residual) v += load_lanes(p.epilogue.residual + at, mask);
      store_lanes(p.y + at, p.epilogue.relu ? relu(v) : v, mask);
    }
  }
}

// Results [y, y + rows) of a phase of image n; band: memory for the padded rows.
void run_band(const Problem& p, const Phase& phase, Unit unit, int64_t n, int64_t y, int64_t rows, const bf16* weights,
              bf16* memory) {
  const Band band(p, phase, y, rows);
  band.fill(p, n, memory);
  const int64_t taps = static_cast<int64_t>(phase.taps.size()), slice = p.blocks() * kPanel;
  std::vector<Place> places;
  for (const Tap& tap : phase.taps) {
    places.push_back({((y * p.step.y + tap.dy - band.top) * band.width + tap.dx - band.left) * p.pitch,
                      static_cast<int64_t>(places.size()) * slice});
  }
  alignas(64) float sums[32 * 32];
  for (int64_t panel = 0; panel < p.panels(); ++panel) {
    const bf16* b = weights + phase.weights + panel * taps * slice;
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t x = 0; x < phase.columns;) {
        const BlockKernel kernel(unit, phase.columns - x);
        const bf16* a = memory + (row * p.step.y * band.width + x * p.step.x) * p.pitch;
        kernel.run({a, p.step.x * p.pitch, b, 64, places.data(), taps, p.blocks(), sums});
        store_block(p, phase, n, y + row, x, kernel.count, panel, sums);
        x += kernel.count;
      }
    }
  }
}

// Rows of results whose rows of the map stay in a core's own cache.
int64_t band_rows(const Problem& p, const Phase& phase) {
  constexpr int64_t cache = 192 << 10;  // elements
  const Band one(p, phase, 0, 1);
  const int64_t row = std::max<int64_t>(1, one.width * p.pitch), spare = cache / row - one.height;
  return std::clamp<int64_t>(1 + spare / p.step.y, 1, phase.rows);
}

void run(CpuContext& ctx, const Problem& p, const bf16* weights) {
  struct Part {
    const Phase* phase;
    int64_t n, y, rows;
  };
  std::vector<Part> parts;
  int64_t most = 0;
  for (int64_t n = 0; n < p.n; ++n) {
    for (const Phase& phase : p.phases) {
      const int64_t rows = band_rows(p, phase);
      for (int64_t y = 0; y < phase.rows; y += rows) {
        parts.push_back({&phase, n, y, std::min(rows, phase.rows - y)});
        most = std::max(most, Band(p, phase, y, parts.back().rows).size(p));
      }
    }
  }
  const Unit unit = unit_in_use();
  bf16* bands = ctx.scratch<bf16>(CpuSlot::library, static_cast<size_t>(most * omp_get_max_threads()));
  parallel_for(static_cast<int64_t>(parts.size()), 1, [&](int64_t begin, int64_t end) {
    bf16* memory = bands + most * (omp_in_parallel() ? omp_get_thread_num() : 0);
    const TilesInUse tiles(unit);
    for (int64_t i = begin; i < end; ++i) {
      const Part& part = parts[static_cast<size_t>(i)];
      run_band(p, *part.phase, unit, part.n, part.y, part.rows, weights, memory);
    }
  });
}

void convolve(CpuContext& ctx, Problem p, ConvKind kind, PackedWeights* packed) {
  add_phases(p);
  const auto size = static_cast<size_t>(p.packed);
  if (!packed) {
    bf16* weights = ctx.scratch<bf16>(CpuSlot::weights, size);
    pack(p, weights);
    return run(ctx, p, weights);
  }
  auto& entry = packed->impl->entry(ConvAlgorithm::tiles, kind, p.conv);
  if (!entry) {
    auto made = std::make_shared<AlignedBytes>(size * sizeof(bf16), "packed weights");
    pack(p, made->as<bf16>());
    entry = made;
  }
  run(ctx, p, std::static_pointer_cast<AlignedBytes>(entry)->as<bf16>());
}

// Twice the product of two tiles.
template <class TileUnit>
void sample_product(const bf16* a, const bf16* b, float* to) {
  TileUnit::begin();
  TileUnit::template zero<0>();
  TileUnit::template load<1>(a, 32);
  TileUnit::template load<2>(b, 32);
  TileUnit::template multiply<0, 1, 2>();
  TileUnit::template multiply<0, 1, 2>();
  TileUnit::template store<0>(to, 16);
  TileUnit::end();
}

}  // namespace

bool available() { return true; }

bool tiles_are_right() {
  static const bool right = [] {
    alignas(64) bf16 a[16 * 32], b[16 * 32];
    for (int i = 0; i < 16 * 32; ++i) {
      a[i] = bf16(static_cast<float>(i * 37 % 101 - 50) / 7);
      b[i] = bf16(static_cast<float>(i * 53 % 97 - 48) / 9);
    }
    alignas(64) float by_tiles[16 * 16], emulated[16 * 16];
    sample_product<AmxUnit>(a, b, by_tiles);
    sample_product<EmulatedUnit>(a, b, emulated);
    return std::memcmp(by_tiles, emulated, sizeof emulated) == 0;
  }();
  return right;
}

// Of few inputs a row of the window, one after the other in memory, is one tap of as many inputs.
void forward(CpuContext& ctx, const Conv& p, const bf16* x, const bf16* w, const Epilogue<bf16>& e, bf16* y,
             PackedWeights* packed) {
  const bool merged = p.c < 16 && p.dilation.x == 1 && p.s > 1;
  const int in = merged ? p.s * p.c : p.c;
  const int64_t pitch = merged ? p.c : ceil_div(p.c, 32) * 32;
  convolve(ctx, {p, p.n, p.h, p.w, in, pitch, p.oh, p.ow, p.k, p.stride, 1, false, x, w, e, y}, ConvKind::forward,
           packed);
}

void backward_data(CpuContext& ctx, const Conv& p, const bf16* dy, const bf16* w, const Epilogue<bf16>& e, bf16* dx,
                   PackedWeights* packed) {
  const int64_t pitch = ceil_div(p.k, 32) * 32;
  convolve(ctx, {p, p.n, p.oh, p.ow, p.k, pitch, p.h, p.w, p.c, 1, p.stride, true, dy, w, e, dx},
           ConvKind::backward_data, packed);
}

#else

bool available() { return false; }
bool tiles_are_right() { return false; }

void forward(CpuContext&, const Conv&, const bf16*, const bf16*, const Epilogue<bf16>&, bf16*, PackedWeights*) {
  throw Error("conv: products of bf16 need AVX512-BF16");
}
void backward_data(CpuContext&, const Conv&, const bf16*, const bf16*, const Epilogue<bf16>&, bf16*, PackedWeights*) {
  throw Error("conv: products of bf16 need AVX512-BF16");
}

#endif

}  // namespace ppl::conv_tiles
