// The descriptors of fusion_bench's graphs, as far as cuDNN checks them without a device; and the program's usage.
#include <doctest/doctest.h>

#include "bench/fusion/cudnn_graph.h"
#include "kernels/cuda/device.h"
#include "tests/process.h"

using namespace ppl;

namespace {

constexpr Conv kShape{
    .n = 2, .h = 8, .w = 8, .c = 64, .oh = 4, .ow = 4, .k = 128, .r = 3, .s = 3, .stride = 2, .pad = 1};

}  // namespace

TEST_CASE("cuDNN accepts the descriptors of every graph") {
  for (const Fusion& f : fusions_of(kShape)) {
    for (const bool f32 : {true, false}) {
      CAPTURE(f.name);
      CAPTURE(f32);
      CHECK(BackendGraph(f, {f32, f32}).raw() != nullptr);
    }
  }
}

TEST_CASE("cuDNN refuses a graph whose shapes do not fit, and says so") {
  Conv wrong = kShape;
  wrong.oh = 5;
  CHECK_THROWS_WITH_AS(BackendGraph(fusions_of(wrong).front(), {}), doctest::Contains("cudnn: "), Error);
}

TEST_CASE("fusion_bench says that it skips without a device, and refuses wrong usage") {
  if (!cuda_problem().empty()) {
    const ProcessResult r = run_process("fusion_bench", {"--small"});
    CHECK(r.exit_code == 0);
    CHECK(r.out.starts_with("skipped: "));
    CHECK(r.err.empty());
  }
  CHECK(run_process("fusion_bench", {"--size", "1"}).exit_code == 2);
  CHECK(run_process("fusion_bench", {"--batch", "many"}).exit_code == 2);
  CHECK(run_process("fusion_bench", {"--no-such"}).exit_code == 2);
}
