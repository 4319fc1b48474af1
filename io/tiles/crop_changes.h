// What stronger augmentation does to a crop before the published steps, on 8 bits and on the CPU for every device: a
// turn by any angle and a change of scale, a gain of each band, Gaussian blur, a hole; and where crops without
// foreground are drawn again.
#pragma once

#include <cstdint>
#include <vector>

#include "io/tiles/augment.h"
#include "io/tiles/tiles.h"

namespace ppl {

struct CropChanges {
  // A pixel to the right in the crop is (along, across) pixels (right, down) of the tile, about the crop's middle:
  // counter-clockwise where across > 0. 1 and 0: the crop as it lies in the tile.
  double along = 1, across = 0;
  std::vector<double> gains;                 // of each band; empty: 1
  double blur = 0;                           // the Gaussian's deviation in pixels
  int64_t hole_y = 0, hole_x = 0, hole = 0;  // a square of so many pixels a side, or what of it is in the crop
  bool none() const { return along == 1 && across == 0 && gains.empty() && blur == 0 && hole == 0; }
};

// For the tile `index` in `epoch`: each of the five with the augmentation's probability. The numbers are apart from
// draw_plan's. height, width: of the crop.
CropChanges draw_changes(const Augmentation&, uint64_t seed, int64_t epoch, int64_t index, int64_t height,
                         int64_t width, int bands);

// The plan's crop as a tile of its own, changed. Turned or scaled, its pixels are bilinear mixtures; the mask as in
// warp_mask (kernels/augment.h), the map of weights the nearest; outside of the tile 0, 255 (ignored) and 0. A gain
// multiplies and saturates; blur repeats the border; a hole gets each band's mean over the crop, and keeps its mask
// (DeVries and Taylor, "Improved Regularization of CNNs with Cutout", arXiv 1708.04552).
Tile change_crop(const AugmentPlan&, const CropChanges&, const Tile&, int classes);

// Moves the plan's crop to another random place of the tile while it holds no foreground, but leaves it with the
// probability `keep` each time, and after 8 moves.
void avoid_empty(AugmentPlan&, const Tile&, double keep, uint64_t seed, int64_t epoch, int64_t index);

}  // namespace ppl
