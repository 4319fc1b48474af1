// A convolution as phases of taps, its weights in panels and its map in bands of rows with zeros around: for
// conv_tiles.cpp only.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/cpu/conv_impl.h"
#include "kernels/cpu/parallel.h"

namespace ppl::conv_tiles {
namespace {

constexpr int64_t kPanel = 1024;  // packed weights of a tap, 32 inputs and 32 outputs

// Result (y, x) of a phase meets the tap at pixel (y step.y + dy, x step.x + dx) of the map.
struct Tap {
  int r, s;
  int64_t dy, dx;
};

struct Phase {
  int y, x;               // of its first result
  int64_t rows, columns;  // of results
  std::vector<Tap> taps;
  int64_t weights;  // where they begin, in elements
};

// in: what is summed over; out: what comes out.
struct Problem {
  const Conv& conv;
  int n, h, w, in;
  int64_t pitch;  // elements from pixel to pixel in a padded band
  int oh, ow, out;
  Axes step, every;  // from result to result in the map; between the results of a phase
  bool turned;       // weights [in][r][s][out] in place of [out][r][s][in]
  const bf16 *x, *weights;
  Epilogue<bf16> epilogue;
  bf16* y;
  std::vector<Phase> phases{};
  int64_t packed = 0;  // elements of all packed weights

  int64_t blocks() const { return ceil_div(in, 32); }
  int64_t panels() const { return ceil_div(out, 32); }
  bool merged() const { return pitch != blocks() * 32; }
};

// Taps of phase (y, x): those for which the pixel exists.
void add_phases(Problem& p) {
  const Conv& v = p.conv;
  for (int y = 0; y < p.every.y; ++y) {
    for (int x = 0; x < p.every.x; ++x) {
      Phase phase{y, x, ceil_div(p.oh - y, p.every.y), ceil_div(p.ow - x, p.every.x), {}, p.packed};
      for (int r = 0; r < v.r; ++r) {
        for (int s = 0; s < (p.merged() ? 1 : v.s); ++s) {
          const int dy = r * v.dilation.y - v.pad.y, dx = s * v.dilation.x - v.pad.x;
          if (!p.turned) {
            phase.taps.push_back({r, s, dy, dx});
          } else if ((y - dy) % p.every.y == 0 && (x - dx) % p.every.x == 0) {
            phase.taps.push_back({r, s, (y - dy) / p.every.y, (x - dx) / p.every.x});
          }
        }
      }
      p.packed += static_cast<int64_t>(phase.taps.size()) * p.blocks() * p.panels() * kPanel;
      if (phase.rows > 0 && phase.columns > 0) p.phases.push_back(std::move(phase));
    }
  }
}

// The weights of one phase and panel: [tap][block][16 pairs][32 outputs][2], zero outside. Rows of weights are as long
// as the inputs, or where turned as the outputs; 32 of them are read at a time.
void pack_panel(const Problem& p, const Phase& phase, int64_t panel, bf16* to) {
  const int64_t across = p.merged() ? 1 : p.conv.s, all = p.conv.r * across;
  const int64_t rows = p.turned ? p.in : p.out, length = p.turned ? p.out : p.in;
  for (const Tap& tap : phase.taps) {
    const int64_t at = tap.r * across + tap.s;
    for (int64_t block = 0; block < p.blocks(); ++block, to += kPanel) {
      const int64_t row0 = (p.turned ? block : panel) * 32, first = (p.turned ? panel : block) * 32;
      const int64_t there = std::clamp<int64_t>(length - first, 0, 32);
      std::fill(to, to + kPanel, bf16(0.0f));
      for (int64_t row = 0; row < std::min<int64_t>(32, rows - row0); ++row) {
        const bf16* from = p.weights + ((row0 + row) * all + at) * length + first;
        if (p.turned) {
          bf16* out = to + row / 2 * 64 + row % 2;
          for (int64_t i = 0; i < there; ++i) out[2 * i] = from[i];
        } else {
          bf16* out = to + row * 2;
          for (int64_t i = 0; i < there; ++i) out[i / 2 * 64 + i % 2] = from[i];
        }
      }
    }
  }
}

void pack(const Problem& p, bf16* to) {
  parallel_for(static_cast<int64_t>(p.phases.size()) * p.panels(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Phase& phase = p.phases[static_cast<size_t>(i / p.panels())];
      const int64_t panel = i % p.panels(), size = static_cast<int64_t>(phase.taps.size()) * p.blocks() * kPanel;
      pack_panel(p, phase, panel, to + phase.weights + panel * size);
    }
  });
}

// Rows of the map with zeros around, for results [y, y + rows) of a phase: [rows][columns][pitch].
struct Band {
  int64_t top, left, height, width;  // in the map

  Band(const Problem& p, const Phase& phase, int64_t y, int64_t rows) : top(0), left(0), height(0), width(0) {
    if (phase.taps.empty()) return;
    const auto [low_y, high_y] = std::minmax_element(phase.taps.begin(), phase.taps.end(),
                                                     [](const Tap& a, const Tap& b) { return a.dy < b.dy; });
    const auto [low_x, high_x] = std::minmax_element(phase.taps.begin(), phase.taps.end(),
                                                     [](const Tap& a, const Tap& b) { return a.dx < b.dx; });
    top = y * p.step.y + low_y->dy, left = low_x->dx;
    height = (rows - 1) * p.step.y + high_y->dy - low_y->dy + 1;
    // Blocks of results may go on beyond the row's end, by less than 32.
    width = (phase.columns + 31) * p.step.x + high_x->dx - left + (p.merged() ? p.conv.s + 32 : 0);
  }
  int64_t size(const Problem& p) const { return height * width * p.pitch; }

  void fill(const Problem& p, int64_t n, bf16* to) const {
    const int64_t c = p.merged() ? p.conv.c : p.in, first = std::clamp<int64_t>(-left, 0, width);
    const int64_t last = std::clamp<int64_t>(p.w - left, first, width);
    for (int64_t row = 0; row < height; ++row, to += width * p.pitch) {
      const int64_t iy = top + row;
      const bool inside = iy >= 0 && iy < p.h && last > first;
      const int64_t before = inside ? first : width;
      std::fill(to, to + before * p.pitch, bf16(0.0f));
      if (!inside) continue;
      const bf16* from = p.x + ((n * p.h + iy) * p.w + left + first) * c;
      if (p.pitch == c) {
        std::copy(from, from + (last - first) * c, to + first * c);
      } else {
        for (int64_t i = first; i < last; ++i, from += c) {
          std::copy(from, from + c, to + i * p.pitch);
          std::fill(to + i * p.pitch + c, to + (i + 1) * p.pitch, bf16(0.0f));
        }
      }
      std::fill(to + last * p.pitch, to + width * p.pitch, bf16(0.0f));
    }
  }
};

}  // namespace
}  // namespace ppl::conv_tiles
