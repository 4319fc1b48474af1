// Runs kernels compiled as C++ on a CPU: a fiber for each thread of a block, blocks one after another. It checks, it
// does not hurry. Reported as Error, naming the launch and the block: threads that miss a barrier or wait at different
// ones, lanes missing from or outside of a warp function's mask, reads of lanes outside of the mask. A missing barrier
// shows as results that change with the order of the threads; accesses outside of memory as AddressSanitizer's report.
// Not seen: races between blocks, orders of memory accesses, speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>

struct uint3 {
  unsigned x = 0, y = 0, z = 0;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};

inline constinit thread_local uint3 threadIdx{}, blockIdx{};
inline constinit thread_local dim3 blockDim{}, gridDim{};

namespace ppl::emulate {

// The order in which the threads of a block take their turns, up to each barrier. At first what PPL_EMULATE_ORDER says
// (forward, reverse, random), else forward. Random means another order at every turn, the same in every run.
enum class ThreadOrder { forward, reverse, random };
void set_thread_order(ThreadOrder);

// Calls body once for every thread.
void run_grid(dim3 blocks, dim3 threads, size_t shared_bytes, const std::source_location&,
              const std::function<void()>& body);

// For code inside kernels, by way of cuda.h.
void* dynamic_shared();
int lane();
void barrier(int line);

// A warp function: every lane of the mask gives a value and gets that of the source lane, and which lanes gave other
// than 0.
struct Exchanged {
  uint64_t value;
  unsigned ballot;
};
Exchanged exchange(const char* function, unsigned mask, uint64_t value, int source);

}  // namespace ppl::emulate
