// Masks to skeletons: cleaning and thinning against plain ways, on drawn and random masks.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include "io/vectorize/roads/road_lines.h"
#include "io/vectorize/roads/thin.h"
#include "tests/support/images/drawn.h"

using namespace ppl;

namespace {

// Components by flooding, the plain way: of set pixels (8 neighbours) or of clear ones (4, the outside counts as one).
int components(const BitImage& image, bool set) {
  const int64_t height = image.height() + 2, width = image.width() + 2;
  const auto is_set = [&](int64_t r, int64_t c) {
    return r > 0 && c > 0 && r <= image.height() && c <= image.width() && image.get(r - 1, c - 1);
  };
  std::vector<char> seen(static_cast<size_t>(height * width), 0);
  int count = 0;
  for (int64_t start = 0; start < height * width; ++start) {
    if (seen[static_cast<size_t>(start)] || is_set(start / width, start % width) != set) continue;
    ++count;
    std::deque<int64_t> open{start};
    seen[static_cast<size_t>(start)] = 1;
    while (!open.empty()) {
      const int64_t at = open.front();
      open.pop_front();
      for (int64_t dr = -1; dr <= 1; ++dr) {
        for (int64_t dc = -1; dc <= 1; ++dc) {
          if (!set && dr != 0 && dc != 0) continue;
          const int64_t r = at / width + dr, c = at % width + dc;
          if (r < 0 || c < 0 || r >= height || c >= width || is_set(r, c) != set) continue;
          char& mark = seen[static_cast<size_t>(r * width + c)];
          if (!mark) open.push_back(r * width + c);
          mark = 1;
        }
      }
    }
  }
  return count;
}

// Guo and Hall's rules pixel by pixel, and corners in row order: what the words must agree with.
BitImage thinned_plainly(BitImage image) {
  const auto around = [&](const BitImage& from, int64_t r, int64_t c, int k) {
    static const int dr[] = {-1, -1, 0, 1, 1, 1, 0, -1}, dc[] = {0, 1, 1, 1, 0, -1, -1, -1};
    const int64_t y = r + dr[k % 8], x = c + dc[k % 8];
    return y >= 0 && x >= 0 && y < from.height() && x < from.width() && from.get(y, x);
  };
  for (int pass = 1, still = 0; still < 2; ++pass) {
    const BitImage before = image;
    for (int64_t r = 0; r < image.height(); ++r) {
      for (int64_t c = 0; c < image.width(); ++c) {
        if (!before.get(r, c)) continue;
        const auto p = [&](int k) { return around(before, r, c, k); };
        int crossings = 0, first = 0, second = 0;
        for (int k = 0; k < 8; k += 2) {
          crossings += !p(k) && (p(k + 1) || p(k + 2));
          first += p(k + 7) || p(k);
          second += p(k) || p(k + 1);
        }
        const int pairs = std::min(first, second);
        const bool kept = pass % 2 == 1 ? (p(4) || p(5) || !p(7)) && p(6) : (p(0) || p(1) || !p(3)) && p(2);
        if (crossings == 1 && pairs >= 2 && pairs <= 3 && !kept) image.clear(r, c);
      }
    }
    still = image == before ? still + 1 : 0;
  }
  for (bool taken = true; taken;) {
    taken = false;
    for (int64_t r = 0; r < image.height(); ++r) {
      for (int64_t c = 0; c < image.width(); ++c) {
        if (!image.get(r, c)) continue;
        int crossings = 0, neighbours = 0;
        for (int k = 0; k < 8; ++k) neighbours += around(image, r, c, k);
        for (int k = 0; k < 8; k += 2) {
          crossings += !around(image, r, c, k) && (around(image, r, c, k + 1) || around(image, r, c, k + 2));
        }
        if (crossings == 1 && neighbours >= 2) image.clear(r, c), taken = true;
      }
    }
  }
  return image;
}

}  // namespace

TEST_CASE("thinning by words equals thinning pixel by pixel, on sizes around a word") {
  for (uint32_t seed = 0; seed < 24; ++seed) {
    const int64_t width = std::vector<int64_t>{1, 3, 63, 64, 65, 127, 128, 129, 150}[seed % 9];
    const BitImage mask = blobs(40 + seed, width, seed);
    BitImage skeleton = mask;
    thin(skeleton);
    CAPTURE(seed);
    CHECK(skeleton == thinned_plainly(mask));
  }
}

TEST_CASE("a skeleton has the connected pieces of its mask, and thinning it again changes nothing") {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    const BitImage mask = blobs(90, 110, 100 + seed);
    BitImage skeleton = mask;
    thin(skeleton);
    CAPTURE(seed);
    CHECK(components(skeleton, true) == components(mask, true));
    CHECK(components(skeleton, false) == components(mask, false));
    BitImage again = skeleton;
    thin(again);
    CHECK(again == skeleton);
  }
}

TEST_CASE("small objects and holes go, cracks close") {
  BitImage image = drawn({"##....", "##..#.", "......", "###...", "#.#..#", "###..."});
  remove_small(image, 5);
  CHECK(image == drawn({"......", "......", "......", "###...", "#.#...", "###..."}));
  fill_small_holes(image, 2);
  CHECK(image.get(4, 1));
  CHECK(image.count() == 9);
  // Corners touch in objects, not in holes.
  image = drawn({"#....", ".#...", "..#..", "#####", "#.###", "##.##", "#####"});
  remove_small(image, 20);
  CHECK(image.count() == 3 + 18);
  fill_small_holes(image, 2);
  CHECK(image.count() == 3 + 20);
  BitImage road(20, 100);
  draw_line(road, {{0, 10}, {48, 10}}, 3);
  draw_line(road, {{52, 10}, {100, 10}}, 3);
  CHECK(components(road, true) == 2 - 1 * (road.get(10, 50) ? 1 : 0));
  BitImage cut = drawn({"#########", "####.####", "####.####", "####.####", "#########"});
  CHECK(closed(cut, 1).count() == 45);
  const BitImage far = drawn({"#....#"});
  CHECK(closed(far, 1) == far);
}

TEST_CASE("dilation equals distances to set pixels") {
  for (uint32_t seed = 0; seed < 6; ++seed) {
    std::mt19937 random(seed);
    BitImage image(40, 131);
    for (int i = 0; i < 12; ++i) image.set(random() % 40, random() % 131);
    for (const int radius : {0, 1, 3, 7, 70}) {
      const BitImage grown = dilated(image, radius);
      int64_t differences = 0;
      for (int64_t r = 0; r < 40; ++r) {
        for (int64_t c = 0; c < 131; ++c) {
          bool within = false;
          for (int64_t y = 0; y < 40; ++y) {
            for (int64_t x = 0; x < 131; ++x) {
              within = within || (image.get(y, x) && (y - r) * (y - r) + (x - c) * (x - c) <= radius * radius);
            }
          }
          differences += grown.get(r, c) != within;
        }
      }
      CAPTURE(radius);
      CHECK(differences == 0);
    }
  }
}
