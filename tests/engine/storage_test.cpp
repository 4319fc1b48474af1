// Memory of tensors: blocks are used again, near sizes share them, and what is kept has a limit.
#include <doctest/doctest.h>

#include <set>

#include "engine/tensor.h"

using namespace ppl;

namespace {

constexpr size_t kMiB = size_t{1} << 20;

// The activations of an image: several maps that live at the same time.
void use_maps(int64_t side) {
  std::vector<Tensor> maps;
  for (int64_t channels : {64, 32, 16, 8}) maps.push_back(Tensor::empty({1, side, side, channels}));
}

}  // namespace

TEST_CASE("storage: images of many sizes hold little more than the largest one uses") {
  reset_peak_memory(Device::cpu);
  for (int64_t side : {928, 500, 640, 333, 720, 801, 450, 912, 600, 555, 777, 380, 860, 701}) use_maps(side);
  const MemoryUse use = memory_use(Device::cpu);
  CHECK(use.peak < 450 * kMiB);
  CHECK(use.held <= use.peak + use.peak / 8);
}

TEST_CASE("storage: the same sizes again take the same blocks") {
  std::set<const void*> first, second;
  for (auto* blocks : {&first, &second}) {
    std::vector<Tensor> maps;
    for (int64_t n : {1000, 70000, 3000000}) {
      maps.push_back(Tensor::empty({n}));
      blocks->insert(maps.back().raw());
    }
  }
  CHECK(first == second);
}

TEST_CASE("storage: a slightly smaller map takes the block of a larger one, a much smaller one does not") {
  const void* large = Tensor::empty({64, 1024, 1024}).raw();
  const size_t held = memory_use(Device::cpu).held;
  {
    const Tensor near = Tensor::empty({64, 1024, 900});
    CHECK(near.raw() == large);
    CHECK(memory_use(Device::cpu).held == held);
  }
  CHECK(Tensor::empty({16, 100, 100}).raw() != large);
}

TEST_CASE("storage: what is kept counts as held, not as used") {
  const MemoryUse before = memory_use(Device::cpu);
  Tensor t = Tensor::empty({40 * static_cast<int64_t>(kMiB)}, DType::u8);
  CHECK(memory_use(Device::cpu).now >= before.now + 40 * kMiB);
  t = {};
  const MemoryUse after = memory_use(Device::cpu);
  CHECK(after.now == before.now);
  CHECK(after.held >= after.now);
}
