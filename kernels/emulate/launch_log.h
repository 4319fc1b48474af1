// Which kernels were launched and what they moved, for tests that hold a list of them against a model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ppl::emulate {

// Bytes that `load` and `store` of cuda/vec16.h have moved; accesses to single elements otherwise do not count.
struct Moved {
  int64_t read = 0, written = 0;
};
inline Moved moved;  // one launch runs at a time

struct LoggedLaunch {
  std::string function;  // that launched it, as the compiler names it
  Moved moved;
};

// Every launch that runs from now on is appended; null: no more.
void set_launch_log(std::vector<LoggedLaunch>*);

}  // namespace ppl::emulate
