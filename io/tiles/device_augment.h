// Augmentation of a loader's raw batches on a device: what goes there are bytes.
#pragma once

#include "io/tiles/loader.h"

namespace ppl {

class DeviceAugment {
 public:
  // Images of type f32 or bf16. weights: as the loader's.
  DeviceAugment(const TileSource&, const PixelWeights& weights, DType, Device);

  // Replaces the raw crops by images, targets and weights on the device, the same to the bit as the loader's own. A
  // batch without raw crops stays as it is.
  void apply(Batch&) const;

 private:
  int classes_;
  PixelWeights weights_;
  DType dtype_;
  Tensor tables_;      // f32 [bands, 256], on the device
  Tensor foreground_;  // eight bytes a class, on the device; undefined: 1 for each
};

}  // namespace ppl
