#include "kernels/emulate/grid.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base.h"
#include "kernels/emulate/device_memory.h"
#include "kernels/emulate/fiber.h"
#include "kernels/emulate/launch_log.h"

namespace ppl::emulate {
namespace {

constexpr int kWarp = 32;
constexpr int kMaxThreads = 1024;  // of a block, as on a device

enum class State { ready, at_barrier, in_warp, done };

struct Thread {
  Fiber fiber;
  State state = State::ready;
  uint3 index;
  int line = 0;  // of the barrier
  // Of the warp function it waits in.
  const char* function = nullptr;
  unsigned mask = 0;
  uint64_t value = 0;
  int source = 0;
  Exchanged result{};
};

struct Block {
  std::vector<Thread> threads{kMaxThreads};  // their stacks are kept between launches
  int count = 0, current = 0;
  const std::function<void()>* body = nullptr;
  std::unique_ptr<char[]> shared;  // exactly as long as asked for
  std::string fault;               // found by the thread that runs
  std::mt19937 random{1};
};

Block& block() {
  static auto* b = new Block;
  return *b;
}

std::mutex one_launch_at_a_time;
std::vector<LoggedLaunch>* launch_log = nullptr;

ThreadOrder order_from_environment() {
  const char* s = std::getenv("PPL_EMULATE_ORDER");
  const std::string_view name = s ? s : "forward";
  PPL_CHECK(name == "forward" || name == "reverse" || name == "random",
            "PPL_EMULATE_ORDER: expected forward, reverse or random, got '", name, "'");
  return name == "forward" ? ThreadOrder::forward : name == "reverse" ? ThreadOrder::reverse : ThreadOrder::random;
}

ThreadOrder& thread_order() {
  static ThreadOrder order = order_from_environment();
  return order;
}

// A finished fiber waits to be resumed as the same thread of the next block.
void thread_main() {
  for (;;) {
    (*block().body)();
    block().threads[static_cast<size_t>(block().current)].state = State::done;
    Fiber::suspend();
  }
}

void wait(Thread& t, State state) {
  t.state = state;
  Fiber::suspend();
}

[[noreturn]] void stop_here(std::string fault) {
  block().fault = std::move(fault);
  Fiber::suspend();
  __builtin_trap();  // never resumed: the launch has failed
}

Thread& current() { return block().threads[static_cast<size_t>(block().current)]; }

Thread* warp_of(int first) { return &block().threads[static_cast<size_t>(first)]; }

bool meets(const Thread& t, const Thread& o) {
  return o.state == State::in_warp && o.mask == t.mask && std::strcmp(o.function, t.function) == 0;
}

// Whether every lane of the mask is there; then they exchange and go on.
bool release_lanes(Thread* warp, unsigned mask, int lanes, const Thread& like) {
  unsigned ballot = 0;
  for (int j = 0; j < lanes; ++j) {
    if (!(mask >> j & 1)) continue;
    if (!meets(like, warp[j])) return false;
    ballot |= static_cast<unsigned>(warp[j].value != 0) << j;
  }
  for (int j = 0; j < lanes; ++j)
    if (mask >> j & 1) warp[j].result = {warp[warp[j].source].value, ballot}, warp[j].state = State::ready;
  return true;
}

bool release_warps() {
  bool released = false;
  for (int first = 0; first < block().count; first += kWarp) {
    Thread* warp = warp_of(first);
    const int lanes = std::min(kWarp, block().count - first);
    for (int i = 0; i < lanes; ++i) {
      if (warp[i].state == State::in_warp) released = release_lanes(warp, warp[i].mask, lanes, warp[i]) || released;
    }
  }
  return released;
}

// Nothing can go on: says so where a thread waits in a warp function.
void explain_warps() {
  for (int first = 0; first < block().count; first += kWarp) {
    const Thread* warp = warp_of(first);
    for (int i = 0; i < std::min(kWarp, block().count - first); ++i) {
      const Thread& t = warp[i];
      for (int j = 0; t.state == State::in_warp && j < kWarp; ++j) {
        if (!(t.mask >> j & 1) || meets(t, warp[j])) continue;
        PPL_CHECK(warp[j].state != State::done, t.function, ": lane ", j, " is in the mask but has returned");
        PPL_CHECK(warp[j].state != State::at_barrier, t.function, ": lane ", j,
                  " is in the mask but waits at __syncthreads");
        throw Error(cat(t.function, " of lane ", i, " and ", warp[j].function, " of lane ", j, " meet with masks ",
                        std::hex, t.mask, " and ", warp[j].mask));
      }
    }
  }
}

void release_barrier() {
  Block& b = block();
  const auto begin = b.threads.begin(), end = begin + b.count;
  const auto in = [&](State s) { return std::count_if(begin, end, [s](const Thread& t) { return t.state == s; }); };
  const auto waiting = in(State::at_barrier);
  if (waiting != b.count) explain_warps();
  PPL_CHECK(waiting == b.count, "divergent barrier: ", waiting, " of ", b.count, " threads wait at __syncthreads, ",
            in(State::done), " have returned");
  const auto other = std::find_if(begin, end, [&](const Thread& t) { return t.line != begin->line; });
  PPL_CHECK(other == end, "divergent barrier: threads wait at __syncthreads of lines ", begin->line, " and ",
            other->line);
  for (auto t = begin; t != end; ++t) t->state = State::ready;
}

void run_block(std::vector<int>& order) {
  Block& b = block();
  for (;;) {
    if (thread_order() == ThreadOrder::random) std::shuffle(order.begin(), order.end(), b.random);
    int done = 0;
    for (const int i : order) {
      Thread& t = b.threads[static_cast<size_t>(i)];
      if (t.state == State::ready) {
        b.current = i;
        threadIdx = t.index;
        t.fiber.resume();
        PPL_CHECK(b.fault.empty(), b.fault);
      }
      done += t.state == State::done;
    }
    if (done == b.count) return;
    if (!release_warps()) release_barrier();
  }
}

void begin_block(size_t shared_bytes) {
  Block& b = block();
  if (shared_bytes) {
    b.shared = std::make_unique_for_overwrite<char[]>(shared_bytes);
    std::memset(b.shared.get(), 0xff, shared_bytes);  // NaN until written
  }
  for (int i = 0; i < b.count; ++i) b.threads[static_cast<size_t>(i)].state = State::ready;
}

void begin_grid(dim3 threads) {
  Block& b = block();
  for (int i = 0; i < b.count; ++i) {
    Thread& t = b.threads[static_cast<size_t>(i)];
    const auto u = static_cast<unsigned>(i);
    t.index = {u % threads.x, u / threads.x % threads.y, u / (threads.x * threads.y)};
    if (!t.fiber.started()) t.fiber.start(thread_main);
  }
}

// Their stacks are in the middle of a kernel.
void restart_fibers() {
  for (Thread& t : block().threads)
    if (t.fiber.started()) t.fiber.start(thread_main);
  block().fault.clear();
}

}  // namespace

void set_launch_log(std::vector<LoggedLaunch>* log) {
  const std::lock_guard lock(one_launch_at_a_time);
  launch_log = log;
}

void set_thread_order(ThreadOrder order) { thread_order() = order; }

void* dynamic_shared() { return block().shared.get(); }

int lane() { return static_cast<int>((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % kWarp); }

void barrier(int line) {
  current().line = line;
  wait(current(), State::at_barrier);
}

Exchanged exchange(const char* function, unsigned mask, uint64_t value, int source) {
  Thread& t = current();
  if (!(mask >> lane() & 1)) stop_here(cat(function, ": lane ", lane(), " calls it but is not in its mask"));
  if (!(mask >> source & 1))
    stop_here(cat(function, ": lane ", lane(), " reads lane ", source, ", which is not in the mask"));
  const int lanes = std::min(kWarp, block().count - block().current / kWarp * kWarp);
  if (lanes < kWarp && mask >> lanes) stop_here(cat(function, ": the mask names lanes beyond the block's ", lanes));
  t.function = function, t.mask = mask, t.value = value, t.source = source;
  wait(t, State::in_warp);
  return t.result;
}

void run_grid(dim3 blocks, dim3 threads, size_t shared_bytes, const std::source_location& at,
              const std::function<void()>& body) {
  const std::lock_guard lock(one_launch_at_a_time);
  const DeviceAccess access;
  Block& b = block();
  const uint64_t count = uint64_t{threads.x} * threads.y * threads.z;
  PPL_CHECK(count > 0 && count <= kMaxThreads && blocks.y < 65536 && blocks.z < 65536 && blocks.x > 0 && blocks.y > 0 &&
                blocks.z > 0,
            "emulated launch at ", at.file_name(), ":", at.line(), ": ", count, " threads in a block of ", blocks.x,
            "x", blocks.y, "x", blocks.z, " blocks");
  b.count = static_cast<int>(count);
  b.body = &body;
  gridDim = blocks;
  blockDim = threads;
  begin_grid(threads);
  moved = {};
  std::vector<int> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (thread_order() == ThreadOrder::reverse) std::reverse(order.begin(), order.end());
  for (uint64_t i = 0; i < uint64_t{blocks.x} * blocks.y * blocks.z; ++i) {
    blockIdx = {static_cast<unsigned>(i % blocks.x), static_cast<unsigned>(i / blocks.x % blocks.y),
                static_cast<unsigned>(i / blocks.x / blocks.y)};
    begin_block(shared_bytes);
    try {
      run_block(order);
    } catch (const Error& e) {
      restart_fibers();
      throw Error(cat("emulated kernel launched at ", at.file_name(), ":", at.line(), ", block (", blockIdx.x, ",",
                      blockIdx.y, ",", blockIdx.z, "): ", e.what()));
    }
  }
  if (launch_log) launch_log->push_back({at.function_name(), moved});
}

}  // namespace ppl::emulate
