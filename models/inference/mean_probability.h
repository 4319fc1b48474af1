// Mean probabilities of 8-bit images over networks and views, a batch after the other.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "models/inference/device_batches.h"
#include "models/inference/views.h"

namespace ppl {

class MeanProbability {
 public:
  struct Member {
    const LinkNet* network;                      // in evaluation mode, all on one device; outlives this
    double share;                                // in the mean
    std::vector<std::array<float, 256>> tables;  // what a byte of each band becomes; 0 where there is no data
  };

  // views: 1, 4 or 8. precision: of activations. graph: on a device, the views of one network as a CUDA graph.
  MeanProbability(const std::vector<Member>&, int views, DType precision, bool graph);

  // How many batches should be under way while another is begun: one on a device, which then has its next batch when it
  // is done with one; none on the CPU.
  size_t ahead() const { return on_device_ ? DeviceBatches::kSlots - 1 : 0; }

  // On a device returns without waiting for it, on the CPU with all done; the images may go then. Where it throws,
  // nothing of the batch is under way.
  void begin(const ByteImages&);
  // Of the oldest batch that was begun: f32 [N,H,W,classes] in host memory. The batch is gone then, also where it
  // throws.
  Tensor finish();

 private:
  struct Network {
    std::unique_ptr<RepeatedViews> views;
    Tensor tables;  // f32 [bands, 256]
    Tensor scale;   // f32 [1]: share over number of views
  };
  Tensor input_of(const Network&, const ByteImages&) const;
  Tensor mean_of(const ByteImages&) const;  // where the images are

  Device device_;
  DType precision_;
  std::vector<Network> networks_;
  std::deque<Tensor> done_;                   // on the CPU
  std::unique_ptr<DeviceBatches> on_device_;  // destroyed first: it waits for what the others are used in
};

}  // namespace ppl
