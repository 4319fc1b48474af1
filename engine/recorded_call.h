// A function of tensors that is called again and again, as a graph where it runs on a device.
#pragma once

#include "engine/graph.h"

namespace ppl {

// One graph is kept: for inputs of the shapes and types of the largest that came (by bytes). Others, such as an epoch's
// last batch, call the function.
class RecordedCall {
 public:
  // Of inputs on the device, undefined where they were; must not copy to or from the host nor wait (CudaGraph::run).
  using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

  explicit RecordedCall(Device d) : device_(d) {}

  // The result of f, which is overwritten by the next run. state: whatever else f depends on; when it changes, what is
  // recorded is forgotten.
  Tensor run(const std::vector<Tensor>& inputs, uint64_t state, const Function& f);
  // Whether the last run called f no more: nothing but memory of the device has changed then.
  bool replayed() const { return replayed_; }

 private:
  struct Place {
    bool there = false;
    Shape shape;
    DType dtype{};
    bool operator==(const Place&) const = default;
  };
  static Place place_of(const Tensor&);
  bool fits(const std::vector<Tensor>& inputs, uint64_t state);

  Device device_;
  uint64_t state_ = 0;
  std::vector<Place> places_;
  std::vector<Tensor> inputs_;  // at fixed places
  Tensor result_;
  std::optional<Graph> graph_;
  bool replayed_ = false;
};

}  // namespace ppl
