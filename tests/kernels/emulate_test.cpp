// The emulated execution of kernels: what it computes, and that it reports planted faults.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/cuda/launch.h"

using namespace ppl;
using emulate::ThreadOrder;

namespace {

constexpr ThreadOrder kOrders[] = {ThreadOrder::forward, ThreadOrder::reverse, ThreadOrder::random};

// Sums 64 numbers in shared memory. Without the barrier, threads read what others have not written yet.
template <bool kBarrier>
__global__ void sum_kernel(const int* x, int* sum) {
  __shared__ int all[64];
  all[threadIdx.x] = 0;
  __syncthreads();
  all[threadIdx.x] = x[threadIdx.x];
  if (kBarrier) __syncthreads();
  if (threadIdx.x != 40) return;
  *sum = 0;
  for (int i = 0; i < 64; ++i) *sum += all[i];
}

__global__ void early_return_kernel(int n, int* y) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  __syncthreads();
  y[threadIdx.x] = 1;
}

__global__ void two_barriers_kernel(int* y) {
  if (threadIdx.x < 32) {
    y[threadIdx.x] = 1;
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void shuffle_kernel(unsigned mask, int n, int* y) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  y[threadIdx.x] = __shfl_xor_sync(mask, static_cast<int>(threadIdx.x), 1);
}

__global__ void two_masks_kernel(int* y) {
  y[threadIdx.x] = __shfl_sync(threadIdx.x < 16 ? 0x1ffffu : kWholeWarp, 1, 0);
}

__global__ void barrier_in_warp_kernel(int* y) {
  if (threadIdx.x == 5) __syncthreads();
  y[threadIdx.x] = __shfl_sync(kWholeWarp, 1, 0);
}

// Sub-warps of 8 with different numbers of steps, then the whole warp.
__global__ void groups_kernel(int* y) {
  const unsigned lane = threadIdx.x, mask = 0xffu << (lane / 8 * 8);
  int v = static_cast<int>(lane);
  for (unsigned i = 0; i < lane / 8 + 1; ++i) v = __shfl_xor_sync(mask, v, 7);
  y[lane] = __shfl_xor_sync(kWholeWarp, v, 31) + static_cast<int>(__ballot_sync(kWholeWarp, lane == 3));
}

__global__ void dynamic_kernel(int* y) {
  int* all = dynamic_smem<int>();
  all[threadIdx.x] = static_cast<int>(threadIdx.x + blockIdx.x * blockDim.x);
  __syncthreads();
  y[blockIdx.x * blockDim.x + threadIdx.x] = all[blockDim.x - 1 - threadIdx.x];
}

__global__ void beyond_kernel(const int* x, int n, int* y) { y[threadIdx.x] = x[threadIdx.x + n]; }

int* device_ints(size_t n) {
  void* p = nullptr;
  PPL_CUDA(cudaMallocAsync(&p, n * sizeof(int), nullptr));
  return static_cast<int*>(p);
}

struct Ended {
  int status;
  std::string report;  // stderr
};

// Runs work in a process of its own, since the fault that it holds ends it.
template <class Work>
Ended in_child(Work&& work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);  // not doctest's handler
    dup2(ends[1], 2);
    close(ends[0]);
    work();
    _exit(0);
  }
  close(ends[1]);
  Ended r;
  char part[4096];
  for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;) r.report.append(part, static_cast<size_t>(n));
  close(ends[0]);
  REQUIRE(waitpid(child, &r.status, 0) == child);
  return r;
}

template <class Launch>
std::string fault(Launch&& launch_it) {
  try {
    launch_it();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<int> sums_in_all_orders(void (*kernel)(const int*, int*)) {
  std::vector<int> x(64), sums;
  std::iota(x.begin(), x.end(), 1);
  for (const ThreadOrder order : kOrders) {
    emulate::set_thread_order(order);
    sums.push_back(0);
    launch(kernel, {1, 64}, nullptr, x.data(), &sums.back());
  }
  emulate::set_thread_order(ThreadOrder::forward);
  return sums;
}

}  // namespace

TEST_CASE("a missing barrier makes the result depend on the order of the threads") {
  CHECK(sums_in_all_orders(sum_kernel<true>) == std::vector<int>(3, 2080));
  const std::vector<int> sums = sums_in_all_orders(sum_kernel<false>);
  CHECK(sums[0] == 820 + 41);
  CHECK(sums[1] == 2080 - 820);
  CHECK(sums[2] != sums[0]);
}

TEST_CASE("a divergent barrier is reported") {
  std::vector<int> y(64);
  const std::string returned = fault([&] { launch(early_return_kernel, {1, 64}, nullptr, 40, y.data()); });
  CHECK(contains(returned, "emulate_test.cpp:"));
  CHECK(
      contains(returned, "block (0,0,0): divergent barrier: 40 of 64 threads wait at __syncthreads, 24 have returned"));
  CHECK(contains(fault([&] {
                   launch(two_barriers_kernel, {1, 64}, nullptr, y.data());
                 }),
                 "divergent barrier: threads wait at __syncthreads of lines"));
  CHECK(fault([&] { launch(early_return_kernel, {1, 64}, nullptr, 64, y.data()); }) == "");
}

TEST_CASE("a wrong warp mask is reported") {
  std::vector<int> y(32);
  CHECK(contains(fault([&] {
                   launch(shuffle_kernel, {1, 32}, nullptr, kWholeWarp, 20, y.data());
                 }),
                 "__shfl_xor_sync: lane 20 is in the mask but has returned"));
  CHECK(contains(fault([&] {
                   launch(shuffle_kernel, {1, 32}, nullptr, 0xffffu, 32, y.data());
                 }),
                 "lane 16 calls it but is not in its mask"));
  CHECK(contains(fault([&] {
                   launch(shuffle_kernel, {1, 32}, nullptr, 0x7fffffffu, 31, y.data());
                 }),
                 "lane 30 reads lane 31, which is not in the mask"));
  CHECK(contains(fault([&] {
                   launch(shuffle_kernel, {1, 16}, nullptr, kWholeWarp, 16, y.data());
                 }),
                 "the mask names lanes beyond the block's 16"));
  CHECK(contains(fault([&] {
                   launch(two_masks_kernel, {1, 32}, nullptr, y.data());
                 }),
                 "of lane 0 and __shfl_sync of lane 16 meet with masks 1ffff and ffffffff"));
  CHECK(contains(fault([&] {
                   launch(barrier_in_warp_kernel, {1, 32}, nullptr, y.data());
                 }),
                 "lane 5 is in the mask but waits at __syncthreads"));
  CHECK(fault([&] { launch(shuffle_kernel, {1, 32}, nullptr, kWholeWarp, 32, y.data()); }) == "");
  CHECK(y[0] == 1);
}

TEST_CASE("groups of a warp go their own ways and meet again") {
  for (const ThreadOrder order : kOrders) {
    emulate::set_thread_order(order);
    std::vector<int> y(32);
    launch(groups_kernel, {1, 32}, nullptr, y.data());
    for (int lane = 0; lane < 32; ++lane) {
      const int other = lane ^ 31;
      CHECK(y[static_cast<size_t>(lane)] == (other / 8 % 2 == 0 ? other ^ 7 : other) + 8);
    }
  }
  emulate::set_thread_order(ThreadOrder::forward);
}

TEST_CASE("dynamic shared memory and many blocks") {
  std::vector<int> y(3 * 96);
  launch(dynamic_kernel, {3, 96, 96 * sizeof(int)}, nullptr, y.data());
  for (size_t i = 0; i < y.size(); ++i) CHECK(y[i] == static_cast<int>(i / 96 * 96 + 95 - i % 96));
}

TEST_CASE("a launch that no device takes is refused") {
  int y = 0;
  CHECK(contains(fault([&] { launch(dynamic_kernel, {1, 1025}, nullptr, &y); }), "1025 threads in a block"));
  CHECK_THROWS_AS(blocks_of(0), Error);
  CHECK_THROWS_AS(blocks_of(int64_t{1} << 31), Error);
}

#if defined(__SANITIZE_ADDRESS__)
TEST_CASE("AddressSanitizer sees a read beyond device memory, in the kernel's line") {
  const Ended child = in_child([] {
    const auto* x = device_ints(32);
    launch(beyond_kernel, {1, 32}, nullptr, x, 1, device_ints(32));
  });
  CHECK(child.status != 0);
  CHECK(contains(child.report, "beyond_kernel"));
  CHECK(contains(child.report, "emulate_test.cpp"));
}
#endif

TEST_CASE("the host cannot reach device memory") {
  CHECK(in_child([] { launch(beyond_kernel, {1, 31}, nullptr, device_ints(32), 1, device_ints(32)); }).status == 0);
  CHECK(in_child([] { *device_ints(1) = 1; }).status != 0);
}
