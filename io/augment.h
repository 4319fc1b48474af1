// The published augmentation on 8-bit pictures: a plan drawn from random numbers, and its application.
// Order: crop; then with probability 1/2 each: HSV shift, warp (shift, scale, aspect), horizontal flip, vertical flip,
// quarter turn counter-clockwise. Results equal OpenCV's cvtColor, add, warpPerspective, flip and np.rot90.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "io/input_spec.h"
#include "io/tiles.h"
#include "kernels/bf16.h"

namespace ppl {

struct Augmentation {
  double probability = 0.5;           // of each of the five; 0 leaves only the crop
  int hue = 30;                       // +- whole steps of 2 degrees
  double saturation = 5, value = 15;  // +- of 255
  double shift = 0.1;                 // +- of the crop's size, rounded to whole pixels
  double scale = 0.1, aspect = 0.1;   // 1 +- each
};

// What happens to one tile. Plain numbers, so that another device can apply it too.
struct AugmentPlan {
  int64_t height = 0, width = 0;  // of the result before the turn
  // Where the result's corner lies in the tile. A tile smaller than the crop is put at a random place of it (negative
  // here); the rest is zero in the picture and 255 (ignored) in the mask.
  int64_t crop_y = 0, crop_x = 0;
  bool hsv = false;                        // pictures of 3 bands (B,G,R) only
  int hue = 0, saturation = 0, value = 0;  // hue added as 8 bits with wrap-around, the others saturating
  bool warp = false;
  // The crop's box [0, width] x [0, height] goes to [x0, x1] x [y0, y1]; what comes from outside is zero, in the mask
  // too.
  float x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  bool flip_x = false, flip_y = false;  // mirrored left-right, up-down
  bool turn = false;                    // a quarter counter-clockwise; square results only
};

// The plan for the tile `index` in `epoch`. crop: side of the square result; 0 takes the whole tile (turned only if
// square).
AugmentPlan draw_plan(const Augmentation&, uint64_t seed, int64_t epoch, int64_t index, int64_t tile_height,
                      int64_t tile_width, int64_t crop);
AugmentPlan identity_plan(int64_t height, int64_t width);

// Buffers kept between tiles, one object a thread.
struct AugmentScratch {
  std::vector<uint8_t> image, mask, weight;  // the crop, where it is changed or padded
  std::vector<uint8_t> warped, warped_mask, warped_weight;
  std::vector<uint16_t> row;                     // of the warp: two rows mixed
  std::vector<int32_t> columns, column_weights;  // of the warp: where each column comes from
};

// The stages on 8 bits, also used alone (tests, other devices' oracle). Rows of src are src_stride values apart.
// [height, width, 3] B,G,R -> same.
void hsv_shift(const uint8_t* src, int64_t src_stride, uint8_t* dst, int64_t height, int64_t width, int hue,
               int saturation, int value);
// [height, width, bands] -> same; bilinear in steps of 1/32 pixel as cv::warpPerspective does it, zero border.
void warp_image(const uint8_t* src, int64_t src_stride, uint8_t* dst, const AugmentPlan&, int bands, AugmentScratch&);
// [height, width] of class numbers -> same. One class: foreground where its share is at least 1/2; several: nearest.
// Ignored where the nearest is 255. Zero border.
void warp_mask(const uint8_t* src, int64_t src_stride, uint8_t* dst, const AugmentPlan&, int classes, AugmentScratch&);

// Maps 8-bit values to normalised ones: tables[band][value].
template <class T>
struct NormaliseTables {
  explicit NormaliseTables(const InputSpec&);
  std::vector<std::array<T, 256>> bands;
};

// All of it: tile -> image [height, width, bands] of T (float or bf16), normalised, and target
// [height, width, classes] u8: 1 where the pixel is of the class, else 0; 255 where it is ignored.
// height and width are the plan's, exchanged if it turns. weight [height, width] u8: the tile's map of weights, moved
// in the same way (nearest), 0 outside of the tile; null where none is wanted.
template <class T>
void apply_plan(const AugmentPlan&, const Tile&, int classes, const NormaliseTables<T>&, T* image, uint8_t* target,
                AugmentScratch&, uint8_t* weight = nullptr);

}  // namespace ppl
