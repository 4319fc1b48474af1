// What ranks tell one another, under mpirun or alone: sums on hosts by MPI, on devices by way of the host and by NCCL,
// all to the same bits. Linked with the emulated device and NCCL, and with the real ones: then what cannot run says so.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <thread>

#include "engine/communication/through_host.h"
#include "kernels/cuda/device.h"
#include "tests/support/training/ranks_main.h"

using namespace ppl;

namespace {

std::vector<float> noise(int64_t n, int rank, unsigned seed) {
  std::mt19937 random(seed * 1000 + static_cast<unsigned>(rank));
  std::normal_distribution<float> normal;
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = std::ldexp(normal(random), rank * 5 - 7);  // so that the order of a sum shows
  return v;
}

// What every rank must find, worked out alone. A single rank sends nothing, but by NCCL to itself.
std::vector<float> expected_sum(int64_t n, Wire wire, unsigned seed, bool sends) {
  const auto sent = [&](float v) { return wire == Wire::bf16 && sends ? static_cast<float>(bf16(v)) : v; };
  std::vector<float> sum(static_cast<size_t>(n), 0.0f);
  for (int r = 0; r < all_ranks().ranks(); ++r) {
    const std::vector<float> part = noise(n, r, seed);
    for (size_t i = 0; i < part.size(); ++i) sum[i] += sent(part[i]);
  }
  for (float& v : sum) v = sent(v);
  return sum;
}

// Several sums on their way at a time, of sizes that grow and shrink.
void check_sums(Communication& ranks, Device device, bool to_itself = false) {
  struct Sum {
    int64_t n;
    unsigned seed;
    Wire wire;
    Tensor values;
  };
  unsigned seed = 0;
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{1, 7}, {1000, 100003, 64}, {12, 2000000, 5}}) {
    std::vector<Sum> sums;
    for (const int64_t n : sizes) {
      for (const Wire wire : {Wire::f32, Wire::bf16}) {
        ++seed;
        sums.push_back({n, seed, wire, Tensor::from({n}, noise(n, ranks.rank(), seed), DType::f32, device)});
      }
    }
    ranks.take_busy_seconds();
    for (const Sum& s : sums) ranks.begin_all_reduce(device, s.values.data<float>(), s.n, s.wire);
    ranks.wait();
    for (const Sum& s : sums) {
      CAPTURE(s.n);
      CAPTURE(static_cast<int>(s.wire));
      CHECK(s.values.to_host() == expected_sum(s.n, s.wire, s.seed, to_itself || ranks.ranks() > 1));
    }
    const double busy = ranks.take_busy_seconds();
    CHECK(busy >= 0);
    if (ranks.ranks() > 1) CHECK(busy > 0);
    CHECK(ranks.take_busy_seconds() < busy + 1e-3);
  }
}

void check_small_things(Communication& ranks) {
  const double mine[] = {1.0 + ranks.rank(), 0.5};
  std::vector<double> all(2 * static_cast<size_t>(ranks.ranks()));
  ranks.all_gather(mine, all);
  for (int r = 0; r < ranks.ranks(); ++r) {
    CHECK(all[2 * static_cast<size_t>(r)] == 1.0 + r);
    CHECK(all[2 * static_cast<size_t>(r) + 1] == 0.5);
  }
  std::vector<float> values(3, static_cast<float>(ranks.rank() + 4));
  ranks.broadcast(values);
  CHECK(values == std::vector<float>(3, 4.0f));
  const int64_t first = ranks.begin_barrier(), second = ranks.begin_barrier();
  while (!ranks.barrier_passed(second) || !ranks.barrier_passed(first)) std::this_thread::yield();
}

// Whether there is a device for every rank; else says why not.
bool have_devices() {
  double missing = cuda_problem().empty() && all_ranks().local_rank() < cuda_device_count() ? 0 : 1;
  all_ranks().all_reduce({&missing, 1});
  if (missing > 0 && all_ranks().rank() == 0)
    std::printf("skipped: %d ranks, %d devices here: %s\n", all_ranks().ranks(), cuda_device_count(),
                cuda_problem().c_str());
  if (missing == 0) choose_cuda_device(all_ranks().local_rank());
  return missing == 0;
}

}  // namespace

TEST_CASE("on hosts") {
  check_small_things(all_ranks());
  check_sums(all_ranks(), Device::cpu);
}

TEST_CASE("on devices, by way of the host") {
  if (!have_devices()) return;
  const auto ranks = all_reduce_through_host(all_ranks());
  check_small_things(*ranks);
  check_sums(*ranks, Device::cuda);
  check_sums(*ranks, Device::cpu);
}

// Goes as far as this machine lets it.
TEST_CASE("NCCL") {
  if (const std::string problem = nccl_problem(); !problem.empty()) {
    if (all_ranks().rank() == 0) std::printf("skipped: %s\n", problem.c_str());
    return;
  }
  if (!have_devices()) {
    std::string reached;
    try {
      all_reduce_by_nccl(all_ranks(), rank_options());
    } catch (const Error& e) {
      reached = e.what();
    }
    if (all_ranks().rank() == 0) std::printf("skipped: %s got as far as: %s\n", nccl_name().c_str(), reached.c_str());
    CHECK(reached.find("nccl: ") == 0);
    return;
  }
  const auto ranks = all_reduce_on_devices(all_ranks(), rank_options());
  if (ranks->rank() == 0)
    std::printf("%d ranks by %s on %s\n", ranks->ranks(), nccl_name().c_str(), cuda_device_name().c_str());
  check_small_things(*ranks);
  check_sums(*ranks, Device::cuda, true);
  check_sums(*ranks, Device::cpu);
  check_sums(*ranks, Device::cuda, true);
}

namespace {

// Two ranks that say the same.
struct Twins : ThroughHost {
  using ThroughHost::ThroughHost;
  int ranks() const override { return 2; }
  void all_gather(std::span<const double> mine, std::span<double> all) override {
    std::copy(mine.begin(), mine.end(), all.begin());
    std::copy(mine.begin(), mine.end(), all.begin() + static_cast<int64_t>(mine.size()));
  }
  void begin_all_reduce(Device, float*, int64_t, Wire) override {}
  void wait() override {}
  double take_busy_seconds() override { return 0; }
};

}  // namespace

TEST_CASE("two ranks on one device are refused") {
  if (!have_devices()) return;
  Twins twins(all_ranks());
  CHECK_THROWS_WITH_AS(all_reduce_on_devices(twins, rank_options()),
                       doctest::Contains("ranks 0 and 1 have the same device ("), Error);
}

// Run by name, in a run that must end with the line.
TEST_CASE("a sum that all have begun and that stalls ends the run" * doctest::skip()) {
  if (!have_devices()) return;
  const auto ranks = all_reduce_by_nccl(all_ranks(), rank_options());
  if (ranks->rank() != 0) {
    ranks->begin_barrier();  // but no part of the sum
    std::this_thread::sleep_for(std::chrono::minutes(1));
  }
  const Tensor values = Tensor::zeros({100}, DType::f32, Device::cuda);
  ranks->begin_all_reduce(Device::cuda, values.data<float>(), 100, Wire::f32);
  ranks->wait();
  CHECK(values.to_host() == std::vector<float>(100, 0.0f));
}
