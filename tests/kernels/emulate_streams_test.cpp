// Late streams of the emulation: they do nothing before somebody waits, so that a wait that is missing shows.
#include <doctest/doctest.h>

#include <cstring>

#include "kernels/cuda/device.h"
#include "kernels/cuda/stream.h"
#include "kernels/emulate/streams.h"

using namespace ppl;

namespace {

struct Late {
  Late() { emulate::set_late_streams({true, true}); }
  ~Late() { emulate::set_late_streams({}); }
};

// An int that goes to the device on one stream, and back on another.
struct Journey {
  std::unique_ptr<CudaContext> up = make_cuda_stream(), down = make_cuda_stream();
  PinnedMemory here;
  CudaEvent uploaded, downloaded;
  void* there = cuda_allocate(sizeof(int));
  int* from = static_cast<int*>(here.reserve(2 * sizeof(int)));
  int* to = from + 1;

  Journey() {
    CudaEvent taken;
    taken.record(CudaContext::current());
    taken.wait(*up);
    *to = 0;
  }
  ~Journey() { cuda_free(there); }
  void go(bool held_back) {
    *from = 7;
    copy_to_device_async(*up, there, from, sizeof(int));
    uploaded.record(*up);
    if (held_back) uploaded.wait(*down);
    copy_to_host_async(*down, to, there, sizeof(int));
    downloaded.record(*down);
  }
};

}  // namespace

TEST_CASE("work is done when somebody waits for it, with what it waits for itself") {
  const Late late;
  Journey j;
  j.go(true);
  CHECK(*j.to == 0);  // nobody has waited
  j.downloaded.synchronize();
  CHECK(*j.to == 7);
  j.go(true);
  *j.from = 9;  // too early: the copy has not begun
  j.downloaded.synchronize();
  CHECK(*j.to == 9);
}

TEST_CASE("a stream that is not held back runs ahead of the other") {
  const Late late;
  Journey j;
  j.go(false);
  j.downloaded.synchronize();
  CHECK(*j.to != 7);
  j.uploaded.synchronize();
  CHECK(*j.to != 7);
}

TEST_CASE("switching late streams off does what is left; then everything is done at once") {
  Journey j;
  {
    const Late late;
    j.go(true);
    CHECK(*j.to == 0);
  }
  CHECK(*j.to == 7);
  *j.to = 0;
  j.go(true);
  CHECK(*j.to == 7);
}

TEST_CASE("one stream may be late while others are not") {
  int n = 0;
  const auto add = [&] { ++n; };
  const CudaContext& first = CudaContext::current();
  const auto other = make_cuda_stream();
  for (const bool first_late : {true, false}) {
    emulate::set_late_streams({first_late, !first_late});
    n = 0;
    emulate::give_to_stream(first.stream, add);
    CHECK(n == !first_late);
    emulate::give_to_stream(other->stream, add);
    CHECK(n == 1);
    emulate::set_late_streams({});
    CHECK(n == 2);
  }
}
