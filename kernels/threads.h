// How many threads are worth starting. Defined in cpu/threads.cpp.
#pragma once

#include <filesystem>

namespace ppl {

// The processors that this process is bound to, at most its control groups' share of processor time (quota / period,
// rounded up), at least 1.
int available_threads();

// The share alone, from /proc/self/cgroup and /sys/fs/cgroup (both versions) below root; INT_MAX where there is none.
int quota_threads(const std::filesystem::path& root = "/");

// No more OpenMP threads from the calling thread than that, unless OMP_NUM_THREADS says otherwise: OpenMP knows of the
// processors, not of the share. Called before main.
void limit_openmp();

}  // namespace ppl
