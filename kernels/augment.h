// The published augmentation of 8-bit tiles: HSV shift, warp (shift, scale, aspect), flips, quarter turn, in this
// order, then normalisation. Results equal OpenCV's cvtColor, add, warpPerspective, flip and np.rot90, and are the same
// to the bit on every device. Defined in cpu/augment*.cpp and cuda/augment.cu. Least traffic of a pixel: its bands,
// mask and map in bytes, its bands in the network's type, its targets and weights.
#pragma once

#include <array>
#include <vector>

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// What happens to one tile. Plain numbers, so that any device can apply it.
struct AugmentPlan {
  int64_t height = 0, width = 0;  // of the result before the turn
  // Where the result's corner lies in the tile. A tile smaller than the crop is put at a random place of it (negative
  // here); the rest is zero in the image and 255 (ignored) in the mask.
  int64_t crop_y = 0, crop_x = 0;
  bool hsv = false;                        // images of 3 bands (B,G,R) only
  int hue = 0, saturation = 0, value = 0;  // hue added as 8 bits with wrap-around, the others saturating
  bool warp = false;
  // The crop's box [0, width] x [0, height] goes to [x0, x1] x [y0, y1]; what comes from outside is zero, in the mask
  // too.
  float x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  bool flip_x = false, flip_y = false;  // mirrored left-right, up-down
  bool turn = false;                    // a quarter counter-clockwise; square results only
};

// Crops [n, height, width] and what is to be made of them. In a batch, plans that turn need height = width.
struct Augment {
  int64_t n = 0, height = 0, width = 0;
  int bands = 3, classes = 1;
  double map = 0;  // weight of a pixel: 1 + map m / 255, m that of its map of weights
};

// All pointers in device memory, the plans too. crops [n, height, width, bands], masks and maps [n, height, width] u8
// as in apply_plan (io/tiles/augment.h); tables [bands][256]: normalised values of bytes -> images [n, height, width,
// bands], targets [n, height, width, classes] u8, weights likewise f32, times foreground[class] where the target is 1.
// maps, foreground and weights may be null.
template <class T>
void augment(CpuContext&, const Augment&, const AugmentPlan* plans, const uint8_t* crops, const uint8_t* masks,
             const uint8_t* maps, const float* tables, const double* foreground, T* images, uint8_t* targets,
             float* weights);
template <class T>
void augment(CudaContext&, const Augment&, const AugmentPlan* plans, const uint8_t* crops, const uint8_t* masks,
             const uint8_t* maps, const float* tables, const double* foreground, T* images, uint8_t* targets,
             float* weights);

// The CPU's version, tile by tile. ------------------------------------------------------------------------------------

// Pixels of one plane or image: rows are stride values apart.
struct PixelView {
  const uint8_t* data = nullptr;
  int64_t stride = 0;
};

// Buffers kept between tiles, one object a thread.
struct AugmentScratch {
  std::vector<uint8_t> image, mask, weight;  // the crop, where it is changed or padded
  std::vector<uint8_t> warped, warped_mask, warped_weight;
  std::vector<uint16_t> row;                     // of the warp: two rows mixed
  std::vector<int32_t> columns, column_weights;  // of the warp: where each column comes from
};

// The stages on 8 bits, also used alone (tests). Rows of src are src_stride values apart.
// [height, width, 3] B,G,R -> same.
void hsv_shift(const uint8_t* src, int64_t src_stride, uint8_t* dst, int64_t height, int64_t width, int hue,
               int saturation, int value);
// [height, width, bands] -> same; bilinear in steps of 1/32 pixel as cv::warpPerspective does it, zero border.
void warp_image(const uint8_t* src, int64_t src_stride, uint8_t* dst, const AugmentPlan&, int bands, AugmentScratch&);
// [height, width] of class numbers -> same. One class: foreground where its share is at least 1/2; several: nearest.
// Ignored where the nearest is 255. Zero border.
void warp_mask(const uint8_t* src, int64_t src_stride, uint8_t* dst, const AugmentPlan&, int classes, AugmentScratch&);

// A crop with its mask -> image and target; tables: [bands]. map: moved in the same way into moved_map, where that is
// not null. crop may lie in scratch.image.
template <class T>
void augment_tile(const AugmentPlan&, PixelView crop, PixelView mask, PixelView map, int bands, int classes,
                  const std::array<T, 256>* tables, T* image, uint8_t* target, uint8_t* moved_map, AugmentScratch&);

// Weights [pixels, classes] from targets likewise and a moved map [pixels] (null: none).
void pixel_weights(int64_t pixels, int classes, double map, const uint8_t* moved_map, const double* foreground,
                   const uint8_t* target, float* weight);

// Pixels that are ignored in what a plan makes of a mask.
int64_t count_ignored(const AugmentPlan&, PixelView mask, AugmentScratch&);

}  // namespace ppl
