// All-reduce of values on a device through host memory, where there is no NCCL.
#include <deque>

#include "engine/communication/through_host.h"
#include "engine/storage.h"

namespace ppl {
namespace {

class ByWayOfHost : public ThroughHost {
 public:
  using ThroughHost::ThroughHost;

  void begin_all_reduce(Device device, float* values, int64_t n, Wire wire) override {
    if (device == Device::cpu) return host_.begin_all_reduce(device, values, n, wire);
    const Tensor copy = Tensor::empty({n});
    copy_bytes(Device::cpu, copy.raw(), device, values, copy.bytes());
    host_.begin_all_reduce(Device::cpu, copy.data<float>(), n, wire);
    begun_.push_back({device, values, copy});
  }

  void wait() override {
    host_.wait();
    for (const Begun& b : begun_) copy_bytes(b.device, b.values, Device::cpu, b.copy.raw(), b.copy.bytes());
    begun_.clear();
  }

  double take_busy_seconds() override { return host_.take_busy_seconds(); }

 private:
  struct Begun {
    Device device;
    float* values;
    Tensor copy;
  };
  std::deque<Begun> begun_;
};

}  // namespace

std::unique_ptr<Communication> all_reduce_through_host(Communication& host) {
  return std::make_unique<ByWayOfHost>(host);
}

}  // namespace ppl
