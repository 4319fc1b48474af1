// Bytes to an emulated device and results back, by streams that are late in turn; what stands in for networks gives the
// bytes back. (Also compiled for a device: cuda_batches_test.)
#include <doctest/doctest.h>

#include <string>

#include "kernels/normalise.h"
#include "tests/support/device/late_streams.h"
#include "tests/support/training/made_batches.h"

using namespace ppl;

namespace {

// Tables that give back the bytes, on the device.
Tensor identity() {
  std::vector<float> v;
  for (int i = 0; i < 3 * 256; ++i) v.push_back(static_cast<float>(i % 256));
  return Tensor::from({3, 256}, v, DType::f32, Device::cuda);
}

// Stands in for networks: bytes as floats, and 0 where there is no data.
Tensor as_floats(const Tensor& tables, const ByteImages& there) {
  const auto count = static_cast<int64_t>(there.images.size());
  const Tensor y = Tensor::empty({count, there.height, there.width, 3}, DType::f32, Device::cuda);
  const int64_t pixels = there.height * there.width;
  for (size_t n = 0; n < there.images.size(); ++n)
    normalise(CudaContext::current(), pixels, 3, there.images[n], there.valid[n], tables.data<float>(),
              y.data<float>() + static_cast<int64_t>(n) * pixels * 3);
  return y;
}

std::vector<float> floats_of(const MadeBatch& b) {
  std::vector<float> all;
  for (size_t n = 0; n < b.images.size(); ++n)
    for (size_t i = 0; i < b.images[n].size(); ++i)
      all.push_back(b.flags[n].empty() || b.flags[n][i / 3] ? static_cast<float>(b.images[n][i]) : 0.0f);
  return all;
}

}  // namespace

TEST_CASE("a batch that fails leaves those around it as they are, whatever it has launched") {
  for (const auto& [computing, copying] : {std::array{false, false}, {true, true}, {true, false}, {false, true}}) {
    CAPTURE(computing);
    CAPTURE(copying);
    const Late streams(computing, copying);
    const Tensor tables = identity();
    DeviceBatches queue;
    std::vector<MadeBatch> all = batches();
    size_t next = 0;  // to be finished
    std::vector<size_t> begun;
    for (size_t i = 0; i < all.size(); ++i) {
      CAPTURE(i);
      const bool fails = i == 2 || i == 3;
      try {
        const MadeBatch passing = all[i];
        queue.begin(passing.bytes(), [&](const ByteImages& there) {
          const Tensor y = as_floats(tables, there);
          if (fails) throw OutOfMemory("planted");
          return y;
        });
        begun.push_back(i);
        CHECK(!fails);
      } catch (const OutOfMemory& e) {
        CHECK(fails);
        CHECK(std::string(e.what()) == "planted");
      }
      while (queue.under_way() > 1 || (i + 1 == all.size() && queue.under_way() > 0))
        CHECK(queue.finish().to_host() == floats_of(all[begun[next++]]));
    }
    CHECK(begun == std::vector<size_t>{0, 1, 4, 5});
    CHECK(next == begun.size());
    CHECK_THROWS_AS(queue.finish(), Error);
  }
}
