// The published augmentation on 8-bit images: a plan drawn from random numbers, and its application to a tile.
// Order: crop; then with probability 1/2 each: HSV shift, warp (shift, scale, aspect), horizontal flip, vertical flip,
// quarter turn counter-clockwise (kernels/augment.h).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/random.h"
#include "io/tiles/input_spec.h"
#include "io/tiles/tiles.h"
#include "kernels/augment.h"

namespace ppl {

struct Augmentation {
  double probability = 0.5;           // of each of the five; 0 leaves only the crop
  int hue = 30;                       // +- whole steps of 2 degrees
  double saturation = 5, value = 15;  // +- of 255
  double shift = 0.1;                 // +- of the crop's size, rounded to whole pixels
  double scale = 0.1, aspect = 0.1;   // 1 +- each
  // Not published (io/tiles/crop_changes.h), each with the same probability; the published steps come after them.
  double turn = 0;    // +- degrees about the crop's middle
  double resize = 1;  // the crop shows so many times its side of the tile, at most and at least (1 / resize)
  double gain = 0;    // each band times 1 +- gain
  double blur = 0;    // the Gaussian's deviation at most, in pixels
  double cutout = 0;  // a square hole's side at most, of the crop's
  bool changes_crops() const { return turn > 0 || resize > 1 || gain > 0 || blur > 0 || cutout > 0; }
};

// The plan for the tile `index` in `epoch`. crop: side of the square result; 0 takes the whole tile (turned only if
// square).
AugmentPlan draw_plan(const Augmentation&, uint64_t seed, int64_t epoch, int64_t index, int64_t tile_height,
                      int64_t tile_width, int64_t crop);
// Where a crop of a tile begins along one axis, anywhere in it; negative where the tile is smaller.
int64_t crop_start(Random&, int64_t tile, int64_t crop);
AugmentPlan identity_plan(int64_t height, int64_t width);

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

// The plan's crop as it is, for augment() on a device: image [height, width, bands], mask and, where it is not null,
// weight [height, width], outside of the tile 0, 255, 0. Returns how many elements of the target to come, of so many
// classes, are not ignored.
int64_t copy_crop(const AugmentPlan&, const Tile&, int classes, uint8_t* image, uint8_t* mask, uint8_t* weight,
                  AugmentScratch&);

}  // namespace ppl
