// Batches of byte images on their way to a device and results on their way back, while others are computed there.
#pragma once

#include <functional>
#include <vector>

#include "engine/tensor.h"
#include "kernels/cuda/stream.h"

namespace ppl {

// 8-bit images of one size.
struct ByteImages {
  int64_t height = 0, width = 0;
  int bands = 0;
  std::vector<const uint8_t*> images;  // each [height, width, bands]
  // Empty, or for each image null or [height, width]: 0 where there is no data.
  std::vector<const uint8_t*> valid;

  // Error where there is none, or the lists do not fit one another.
  void check() const;
};

// Two slots, each with its own memory on both sides, which grows to the largest batch that came. Bytes go up on a
// stream of their own and results come down on another, so that the stream that computes has its next batch there when
// it is done with one.
class DeviceBatches {
 public:
  static constexpr size_t kSlots = 2;

  DeviceBatches();
  ~DeviceBatches();  // waits for what is under way
  DeviceBatches(const DeviceBatches&) = delete;
  DeviceBatches& operator=(const DeviceBatches&) = delete;

  // Given the same images in device memory, launches what makes an f32 tensor of them there, which nobody else
  // changes; must not wait.
  using Compute = std::function<Tensor(const ByteImages& there)>;

  // Does not wait for the device; the images may go when it returns. Error where both slots are taken. Where
  // something throws, nothing of the batch is under way.
  void begin(const ByteImages& here, const Compute&);
  // The result of the oldest batch under way, in host memory; waits for it alone. The batch's slot is free then, also
  // where it throws.
  Tensor finish();

  size_t under_way() const { return under_way_; }

 private:
  struct Slot {
    PinnedMemory up, down;
    Tensor bytes;   // u8, on the device
    Tensor result;  // of the batch under way, on the device
    CudaEvent uploaded, computed, downloaded;
  };

  void upload(Slot&, const ByteImages& here);

  std::unique_ptr<CudaContext> upload_, download_;
  Slot slots_[kSlots];
  size_t oldest_ = 0, under_way_ = 0;
};

}  // namespace ppl
