#include "io/vectorize/roads/thin.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace ppl {
namespace {

// The eight neighbours of 64 pixels, each as a word; clockwise from north.
struct Neighbours {
  uint64_t n, ne, e, se, s, sw, w, nw;
};

inline uint64_t from_west(const uint64_t* p) { return p[0] << 1 | p[-1] >> 63; }
inline uint64_t from_east(const uint64_t* p) { return p[0] >> 1 | p[1] << 63; }

inline Neighbours neighbours_of(const uint64_t* above, const uint64_t* row, const uint64_t* below) {
  return {above[0], from_east(above), from_east(row), from_east(below),
          below[0], from_west(below), from_west(row), from_west(above)};
}

inline uint64_t exactly_one(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return ((a ^ b) & ~(c | d)) | ((c ^ d) & ~(a | b));
}
inline uint64_t two_or_more(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return (a & b) | (c & d) | ((a | b) & (c | d));
}

// The pixels that one pass may take at once. One component among the neighbours; two or three of them when they are
// counted in pairs (an end of a line has one, an inner pixel four); and the side that this pass works on.
inline uint64_t removable(const Neighbours& p, bool first_pass) {
  const uint64_t one_component =
      exactly_one(~p.n & (p.ne | p.e), ~p.e & (p.se | p.s), ~p.s & (p.sw | p.w), ~p.w & (p.nw | p.n));
  const uint64_t a = p.nw | p.n, b = p.ne | p.e, c = p.se | p.s, d = p.sw | p.w;
  const uint64_t e = p.n | p.ne, f = p.e | p.se, g = p.s | p.sw, h = p.w | p.nw;
  const uint64_t enough = two_or_more(a, b, c, d) & two_or_more(e, f, g, h);
  const uint64_t inner = a & b & c & d & e & f & g & h;
  const uint64_t kept = first_pass ? (p.s | p.sw | ~p.nw) & p.w : (p.n | p.ne | ~p.se) & p.e;
  return one_component & enough & ~inner & ~kept;
}

// Takes off what this pass takes of one row; true where something was. `above` and `row` hold the pixels as they were
// before the pass, `out` is the row in the image.
bool thin_row(const uint64_t* above, const uint64_t* row, const uint64_t* below, uint64_t* out, int64_t words,
              bool first_pass) {
  uint64_t changed = 0;
  for (int64_t i = 1; i <= words; ++i) {
    const uint64_t taken = row[i] & removable(neighbours_of(above + i, row + i, below + i), first_pass);
    changed |= taken;
    out[i] = row[i] & ~taken;
  }
  return changed != 0;
}

void peel(BitImage& image) {
  const int64_t height = image.height(), words = image.words();
  const auto row_size = static_cast<size_t>(words + 2);
  std::vector<uint64_t> above(row_size), row(row_size);
  // The last pass that changed a row. What two passes left alone in a row and beside it, a third leaves alone too.
  std::vector<int64_t> changed(static_cast<size_t>(height + 2), 0);
  for (int64_t pass = 1, last_change = 0; pass - last_change <= 2; ++pass) {
    std::fill(above.begin(), above.end(), 0);
    for (int64_t r = 0; r < height; ++r) {
      uint64_t* here = image.row(r);
      std::copy(here, here + row_size, row.begin());
      const int64_t* near = &changed[static_cast<size_t>(r)];
      if (std::max({near[0], near[1], near[2]}) >= pass - 2 &&
          thin_row(above.data(), row.data(), image.row(r + 1), here, words, pass % 2 == 1)) {
        changed[static_cast<size_t>(r + 1)] = last_change = pass;
      }
      above.swap(row);
    }
  }
}

// For each of the 256 neighbourhoods (bits clockwise from north): can the pixel go without a change of topology, and
// is it more than the end of a line?
std::array<bool, 256> make_superfluous() {
  std::array<bool, 256> table{};
  for (unsigned around = 0; around < 256; ++around) {
    const auto at = [&](unsigned k) { return (around >> (k % 8) & 1) != 0; };
    int components = 0;
    for (unsigned side = 0; side < 8; side += 2) components += !at(side) && (at(side + 1) || at(side + 2));
    table[around] = components == 1 && std::popcount(around) >= 2;
  }
  return table;
}

// One sweep in row order; true where something was taken.
bool take_corners(BitImage& image) {
  bool taken = false;
  static const std::array<bool, 256> superfluous = make_superfluous();
  for (int64_t r = 0; r < image.height(); ++r) {
    for (int64_t word = 1; word <= image.words(); ++word) {
      for (uint64_t left = image.row(r)[word]; left != 0; left &= left - 1) {
        const int bit = std::countr_zero(left);
        const Neighbours p = neighbours_of(image.row(r - 1) + word, image.row(r) + word, image.row(r + 1) + word);
        const auto at = [&](uint64_t w, unsigned place) { return static_cast<unsigned>(w >> bit & 1) << place; };
        const unsigned around =
            at(p.n, 0) | at(p.ne, 1) | at(p.e, 2) | at(p.se, 3) | at(p.s, 4) | at(p.sw, 5) | at(p.w, 6) | at(p.nw, 7);
        if (!superfluous[around]) continue;
        image.row(r)[word] &= ~(uint64_t{1} << bit);
        taken = true;
      }
    }
  }
  return taken;
}

}  // namespace

void thin(BitImage& image) {
  peel(image);
  while (take_corners(image)) continue;
}

}  // namespace ppl
