#include "kernels/threads.h"

#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "kernels/conv.h"
#include "kernels/cpu/contention.h"
#include "kernels/cpu/parallel.h"
#include "tests/support/conv_compare.h"
#include "tests/support/temporary_folder.h"

using namespace ppl;

namespace {

// A machine's /proc and /sys with what the test writes into them.
struct Machine {
  TemporaryFolder folder;

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path to = folder / path;
    std::filesystem::create_directories(to.parent_path());
    std::ofstream(to) << text;
  }
  int threads() const { return quota_threads(folder.path); }
};

}  // namespace

TEST_CASE("quota: a container of version 2") {
  const Machine m;
  CHECK(m.threads() == INT_MAX);
  m.write("proc/self/cgroup", "0::/\n");
  CHECK(m.threads() == INT_MAX);
  m.write("sys/fs/cgroup/cpu.max", "max 100000\n");
  CHECK(m.threads() == INT_MAX);
  m.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(m.threads() == 2);
  m.write("sys/fs/cgroup/cpu.max", "250000 100000\n");
  CHECK(m.threads() == 3);
  m.write("sys/fs/cgroup/cpu.max", "1000 100000\n");
  CHECK(m.threads() == 1);
}

TEST_CASE("quota: the least of a group and those above it") {
  const Machine m;
  m.write("proc/self/cgroup", "0::/jobs/mine:1\n");
  m.write("sys/fs/cgroup/jobs/mine:1/cpu.max", "800000 100000\n");
  CHECK(m.threads() == 8);
  m.write("sys/fs/cgroup/jobs/cpu.max", "300000 100000\n");
  CHECK(m.threads() == 3);
}

TEST_CASE("quota: version 1, by the group's path and where a container sees its own group as the mount") {
  const Machine m;
  m.write("proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/docker/0123\n");
  m.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  m.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  CHECK(m.threads() == INT_MAX);
  m.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
  CHECK(m.threads() == 4);
  m.write("sys/fs/cgroup/cpu,cpuacct/docker/0123/cpu.cfs_period_us", "50000\n");
  m.write("sys/fs/cgroup/cpu,cpuacct/docker/0123/cpu.cfs_quota_us", "100000\n");
  CHECK(m.threads() == 2);
}

TEST_CASE("threads: no more than the processors that the process is bound to") {
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const int bound = available_threads();
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(bound == 1);
  CHECK(available_threads() >= 1);
}

TEST_CASE("loops: every piece once, whatever the numbers") {
  const int before = omp_get_max_threads();
  for (int threads = 1; threads <= 5; ++threads) {
    omp_set_num_threads(threads);
    for (const int64_t n : {0, 1, 2, 7, 64, 1001}) {
      std::vector<int> times(static_cast<size_t>(n));
      parallel_for(n, 1 + n % 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++times[static_cast<size_t>(i)];
      });
      CHECK(std::ranges::all_of(times, [](int t) { return t == 1; }));
    }
  }
  omp_set_num_threads(before);
}

TEST_CASE("loops: what a thread that is held up has not begun, others do") {
  const int before = omp_get_max_threads();
  omp_set_num_threads(2);
  std::atomic<int64_t> others = 0;
  bool helped = false;
  parallel_for(8, 1, [&](int64_t begin, int64_t end) {
    if (begin != 0) {
      others += end - begin;
      return;
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (others < 8 - end && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    helped = others == 8 - end && end < 4;  // more than the other thread's share of 4
  });
  omp_set_num_threads(before);
  CHECK(helped);
}

TEST_CASE("contention: threads that are held up are left out, and tried again more and more seldom") {
  ThreadChoice of_two(2), of_many(64);
  of_two.note(0.2, 0.02);  // a quarter of a core is less than a thread is worth
  CHECK(of_two.threads() == 2);
  of_many.note(0.5, 0.02);
  CHECK(of_many.threads() == 63);
  of_many.note(32, 0.02);
  CHECK(of_many.threads() == 31);

  of_two.note(0.5, 0.02);
  CHECK(of_two.threads() == 1);
  for (int i = 0; i < 100; ++i) of_two.note(0.4, 0.02);  // others want both cores: one thread it stays
  CHECK(of_two.threads() == 1);
  std::vector<double> quiet_seconds;  // until the other thread is tried, and held up again at once
  for (int trial = 0; trial < 8; ++trial) {
    double seconds = 0;
    for (; of_two.threads() == 1; seconds += 0.02) of_two.note(0, 0.02);
    quiet_seconds.push_back(seconds);
    of_two.note(0.5, 0.02);
  }
  CHECK(quiet_seconds.front() < 0.3);
  CHECK(std::ranges::is_sorted(quiet_seconds));
  CHECK(quiet_seconds.back() > 2.5);
  CHECK(quiet_seconds.back() < 3.5);
}

namespace {

// Whether the direct algorithm's results are the same bits with 1 to 5 threads.
template <class T>
bool same_bits(ConvKind kind, const Conv& p) {
  CpuContext& ctx = CpuContext::current();
  const bool forward = kind == ConvKind::forward;
  const auto x = noise<T>(size_t(p.n) * p.h * p.w * p.c, 1), dy = noise<T>(size_t(p.n) * p.oh * p.ow * p.k, 2);
  const auto w = noise<T>(size_t(p.k) * p.r * p.s * p.c, 3);
  std::vector<T> first;
  for (int threads = 1; threads <= 5; ++threads) {
    omp_set_num_threads(threads);
    std::vector<T> result(forward ? dy.size() : x.size());
    if (forward)
      conv_forward<T>(ctx, p, x.data(), w.data(), {}, result.data(), nullptr, ConvAlgorithm::direct);
    else
      conv_backward_data<T>(ctx, p, dy.data(), w.data(), {}, result.data(), nullptr, ConvAlgorithm::direct);
    if (threads == 1) first = result;
    if (std::memcmp(result.data(), first.data(), result.size() * sizeof(T)) != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("contention: the library's results that may have fewer threads do not depend on them") {
  const int before = omp_get_max_threads();
  for (const int map : {8, 13, 16, 27, 50}) {
    for (const Conv& p :
         {make(2, map, map, 3, 64, 7, 2, 3), make(1, map, map, 64, 128, 3, 2, 1), make(2, map, map, 16, 16, 3, 2, 1),
          make(1, map, map, 128, 128, 3, 1, 2, 2), make(1, map, map, 256, 256, 3, 1, 4, 4),
          make(2, map, map, 64, 128, 1, 2, 0), make(1, map, map, 512, 256, 1, 1, 0), make(3, map, map, 32, 5, 3, 1, 1),
          make(1, map, map, 128, 64, 4, 2, 1), make(2, map, map, 128, 64, 4, 2, 1)}) {
      for (const ConvKind kind : {ConvKind::forward, ConvKind::backward_data}) {
        if (conv_direct::depends_on_threads(kind, p)) continue;
        CAPTURE(name(p));
        CHECK(same_bits<float>(kind, p));
        CHECK(same_bits<bf16>(kind, p));
      }
    }
  }
  omp_set_num_threads(before);
  if (conv_direct::depends_on_threads(ConvKind::forward, make(1, 8, 8, 64, 64, 3, 1, 1)))
    MESSAGE("skipped: with this library and instruction set all of its results have all threads");
}

TEST_CASE("contention: what depends on the number of threads has all of them") {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  CpuContext& ctx = CpuContext::current();
  const Conv p = make(1, 64, 64, 48, 80, 1, 1, 0);
  const auto x = noise<float>(size_t(p.h) * p.w * p.c, 1), dy = noise<float>(size_t(p.h) * p.w * p.k, 2);
  const auto weights = [&] {
    std::vector<float> dw(size_t(p.k) * p.c);
    conv_backward_weights<float>(ctx, p, x.data(), dy.data(), dw.data());
    return dw;
  };
  adapt_threads(0, 0);
  CHECK(omp_get_max_threads() == 3);
  const auto undisturbed = weights();
  adapt_threads(2, 0.02);
  CHECK(omp_get_max_threads() == 1);
  CHECK(weights() == undisturbed);
  {
    const AllThreads all;
    CHECK(omp_get_max_threads() == 3);
  }
  CHECK(omp_get_max_threads() == 1);
  omp_set_num_threads(2);  // what the user says counts from here on
  adapt_threads(0, 0);
  CHECK(omp_get_max_threads() == 2);
  omp_set_num_threads(before);
}
