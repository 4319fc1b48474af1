// A graph for whose own memory the device has no room, emulated.
#include <doctest/doctest.h>

#include "engine/graph.h"
#include "engine/ops.h"
#include "kernels/emulate/device_memory.h"

using namespace ppl;

namespace {

struct LargestBlock {
  explicit LargestBlock(size_t bytes) { emulate::set_largest_block(bytes); }
  ~LargestBlock() { emulate::set_largest_block(SIZE_MAX); }
};

}  // namespace

TEST_CASE("work whose graph finds no room goes on being called, with the same results; it is counted once") {
  const std::vector<float> ones(1000, 1), fours(1000, 4);
  const Tensor x = Tensor::from({1000}, ones).to(Device::cuda);
  const size_t before = memory_use(Device::cuda).now;
  const int64_t counted = cuda_graphs_without_memory();
  {
    const LargestBlock limit(x.bytes() + 256);  // of a tensor, not of the graph's two
    Graph graph(Device::cuda);
    int calls = 0;
    Tensor y;
    for (int i = 1; i <= 6; ++i) {
      graph.run([&] { ++calls, y = add(add(add(x, x), x), x); });
      CHECK(y.to_host() == fours);
      CHECK(calls == i);
      CHECK(!graph.recorded());
    }
    CHECK(cuda_graphs_without_memory() == counted + 1);
  }
  CHECK(memory_use(Device::cuda).now == before);
  Graph graph(Device::cuda);
  Tensor y;
  for (int i = 0; i < 4; ++i) graph.run([&] { y = add(add(add(x, x), x), x); });
  CHECK(graph.recorded());  // there is room again
  CHECK(cuda_graphs_without_memory() == counted + 1);
}
