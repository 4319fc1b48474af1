// Dilation and closing of bit images by discs.
#include <algorithm>
#include <cmath>

#include "io/geometry/bit_image.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// to |= from moved by `shift` columns; a row with its two words around.
void or_shifted(const uint64_t* from, uint64_t* to, int64_t words, int64_t shift) {
  const int64_t whole = shift >= 0 ? shift / 64 : -((-shift + 63) / 64);
  const int64_t part = shift - whole * 64;
  for (int64_t i = 1; i <= words; ++i) {
    const int64_t k = i - whole;
    const uint64_t high = k >= 1 && k <= words ? from[k] << part : 0;
    const uint64_t low = part > 0 && k - 1 >= 1 && k - 1 <= words ? from[k - 1] >> (64 - part) : 0;
    to[i] |= high | low;
  }
}

}  // namespace

BitImage dilated(const BitImage& image, int radius) {
  PPL_CHECK(radius >= 0 && radius <= 1000, "a disc of radius ", radius, "; expected 0 to 1000 pixels");
  BitImage result(image.height(), image.width());
  const auto half_width = [&](int64_t dy) {
    return static_cast<int64_t>(std::sqrt(static_cast<double>(int64_t{radius} * radius - dy * dy)));
  };
  std::vector<uint64_t> wide(static_cast<size_t>(image.words() + 2));
  for (int64_t r = 0; r < image.height(); ++r) {
    const uint64_t* from = image.row(r);
    if (std::all_of(from, from + image.words() + 2, [](uint64_t word) { return word == 0; })) continue;
    // From the narrowest part of the disc to the widest, each row grown out of the one before.
    std::copy(from, from + image.words() + 2, wide.begin());
    int64_t reach = 0;
    for (int64_t dy = radius; dy >= 0; --dy) {
      for (; reach < half_width(dy); ++reach) {
        or_shifted(from, wide.data(), image.words(), reach + 1);
        or_shifted(from, wide.data(), image.words(), -(reach + 1));
      }
      for (const int64_t target : {r - dy, r + dy}) {
        if (target < 0 || target >= image.height()) continue;
        uint64_t* to = result.row(target);
        for (int64_t i = 1; i <= image.words(); ++i) to[i] |= wide[static_cast<size_t>(i)];
      }
    }
  }
  result.clear_right();
  return result;
}

BitImage closed(const BitImage& image, int radius) {
  if (radius == 0) return image;
  // Erosion is the dilation of what is not set; the disc cut at the border then leaves what lies outside undecided.
  BitImage grown = dilated(image, radius);
  for (int64_t r = 0; r < grown.height(); ++r) {
    for (int64_t i = 1; i <= grown.words(); ++i) grown.row(r)[i] = ~grown.row(r)[i];
  }
  grown.clear_right();
  BitImage result = dilated(grown, radius);
  for (int64_t r = 0; r < result.height(); ++r) {
    for (int64_t i = 1; i <= result.words(); ++i) result.row(r)[i] = ~result.row(r)[i];
  }
  result.clear_right();
  return result;
}

}  // namespace ppl
