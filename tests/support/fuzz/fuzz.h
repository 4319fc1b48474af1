// What fuzzers and the tests of their stored inputs share.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "io/file.h"

namespace ppl::test {

// Ends the process where what was read is not as promised.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

// A fuzzer's input as text or as bytes.
struct FuzzInput {
  const uint8_t* data;
  size_t size;

  operator std::string_view() const { return {reinterpret_cast<const char*>(data), size}; }
  operator Bytes() const { return {reinterpret_cast<const std::byte*>(data), size}; }
};

// Calls it with every file of a folder; how many there are.
template <class Call>
int for_stored_inputs(const char* folder, Call&& call) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    call(read_text(entry.path().string()));
    ++files;
  }
  return files;
}

}  // namespace ppl::test

// The entry of libFuzzer, where a fuzzer is built (scripts/soak.sh).
#ifdef PPL_LIBFUZZER
#define PPL_FUZZ(call)                                                      \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    call(ppl::test::FuzzInput{data, size});                                 \
    return 0;                                                               \
  }
#else
#define PPL_FUZZ(call)
#endif
