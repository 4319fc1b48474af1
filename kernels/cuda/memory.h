// Where cuda_allocate takes memory from: the driver's pool, or, while work is recorded, the memory of its graph.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/cuda/block_space.h"
#include "kernels/cuda/device.h"

namespace ppl {

// What work takes and gives back, to learn how much memory a graph of it needs.
class MemoryTrial {
 public:
  void taken(void* p, size_t bytes) {
    places_[p] = space_.take(bytes);
    order_.emplace_back(bytes, 0);
  }
  void given(void* p) {
    const auto it = places_.find(p);
    if (it == places_.end()) return;  // taken before
    space_.give(it->second);
    order_.emplace_back(0, it->second);
    places_.erase(it);
  }
  size_t bytes() const { return space_.end(); }
  // Whether another took the same sizes and gave back the same blocks, in the same order.
  bool same_as(const MemoryTrial& o) const { return order_ == o.order_; }

 private:
  BlockSpace space_;
  std::unordered_map<void*, size_t> places_;
  std::vector<std::pair<size_t, size_t>> order_;  // (bytes, 0) taken, (0, place) given back
};

// The memory of one graph: a block from the driver, and who has which part of it.
struct GraphMemory {
  char* base = nullptr;
  size_t bytes = 0;
  BlockSpace space;
  bool abandoned = false;  // the graph is gone; freed with its last block
};

class DeviceMemory {
 public:
  static DeviceMemory& instance();

  void* take(size_t bytes);
  void give(void* p) noexcept;
  CudaMemoryUse use();
  void reset_peak();

  // Memory that no trial sees and no graph holds: what is there for good.
  void* take_from_driver(size_t bytes);

  // From begin to end all that is taken is also noted in the trial.
  void begin_trial(MemoryTrial* trial) { trial_ = trial; }
  void end_trial() { trial_ = nullptr; }

  // Waits for the device: what its pool keeps goes back to the driver first, since small blocks do not make a large
  // one.
  std::shared_ptr<GraphMemory> graph_memory(size_t bytes);
  // From begin to end all that is taken comes from the graph's memory; what is given back and is not the graph's waits
  // for the end.
  void begin_recording(std::shared_ptr<GraphMemory> memory) { recording_ = std::move(memory); }
  void end_recording();
  void abandon(const std::shared_ptr<GraphMemory>&);

 private:
  void* driver_take(size_t bytes);
  void driver_give(void* p);
  void give_locked(void* p);
  void drop_if_unused(size_t graph);

  std::mutex mutex_;
  std::unordered_map<void*, size_t> blocks_;  // of the driver's
  std::vector<std::shared_ptr<GraphMemory>> graphs_;
  std::shared_ptr<GraphMemory> recording_;
  std::vector<void*> late_;
  MemoryTrial* trial_ = nullptr;
  CudaMemoryUse use_;
};

}  // namespace ppl
