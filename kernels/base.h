// What every layer shares: errors and integer helpers.
#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

namespace ppl {

// The one exception of the project. The message says what was expected, what came, and where (file, row, tile, op).
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Device or host memory; whoever knows what was being done adds it to the message.
struct OutOfMemory : Error {
  using Error::Error;
};

template <class... Parts>
std::string cat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct CpuContext;
struct CudaContext;

}  // namespace ppl

// PPL_CHECK(x.rank() == 4, "max_pool: expected NHWC, got ", shape): throws Error; the parts are evaluated only then.
#define PPL_CHECK(condition, ...)                                  \
  do {                                                             \
    if (!(condition)) throw ::ppl::Error(::ppl::cat(__VA_ARGS__)); \
  } while (0)
