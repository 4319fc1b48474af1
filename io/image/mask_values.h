// The rules of masks: what each value means. Files are read by mask_reader.h.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/image/foreground.h"

namespace ppl {

// A pixel: its grey value or index, or kColour plus 16 bits each of red, green and blue where these differ.
using MaskKey = int64_t;
inline constexpr MaskKey kColour = MaskKey{1} << 48;
inline constexpr MaskKey kNoData = std::numeric_limits<MaskKey>::min();
MaskKey colour_key(int64_t red, int64_t green, int64_t blue);

// What a file says of its values.
struct MaskForm {
  int bits = 8;
  bool indexed = false;  // by a palette
  std::vector<std::array<uint8_t, 3>> palette;
  bool opacity = false;           // no data is what is transparent
  bool lossy = false;             // JPEG: values are blurred
  std::optional<double> no_data;  // the declared value
};

struct MaskCounts {
  struct Count {
    int64_t pixels = 0, first = 0;  // first: the first pixel with the value, counted along the rows
  };
  std::map<MaskKey, Count> values;  // of pixels with data
  int64_t no_data = 0;
  bool more = false;  // there are other values besides: after some thousands they are not kept
};

// Counts pixel after pixel.
class MaskCounter {
 public:
  MaskCounter() : dense_(kDense) {}
  void add(std::span<const MaskKey>);
  // Grey values or indices; those of no_data (-1: none) are no data.
  void add(std::span<const uint8_t>, int no_data);
  MaskCounts take() const;

 private:
  static constexpr MaskKey kDense = 1 << 16;
  std::vector<MaskCounts::Count> dense_;
  std::unordered_map<MaskKey, MaskCounts::Count> others_;
  int64_t pixels_ = 0, no_data_ = 0;
  bool more_ = false;
};

class MaskRule {
 public:
  // 0 background, k class k, 255 no data or ignored.
  void apply(std::span<const MaskKey>, uint8_t* out) const;
  void apply(std::span<const uint8_t>, int no_data, uint8_t* out) const;
  uint8_t class_of(MaskKey) const;

  std::map<MaskKey, uint8_t> classes;  // of every value that the mask has
  uint8_t no_data = 255;
  // The value that was taken for foreground and means so only if all masks of the folder agree.
  std::optional<MaskKey> foreground;
};

// classes == 1, in this order: what `foreground` says; two colours of which one is black; {0, 1}; {0, 1, 255} with 255
// ignored; {0, white}. classes > 1: 0 .. classes, and 255 ignored. Error that names the file, the values, their counts
// and the option that decides, for everything else.
MaskRule mask_rule(const MaskCounts&, const MaskForm&, int classes, const Foreground&, int64_t width,
                   const std::string& where);

// "255", "255,0,0", "index 1 (128,0,0)"
std::string describe_value(MaskKey, const MaskForm&);

}  // namespace ppl
