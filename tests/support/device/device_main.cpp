// The runner of tests that need a device: says so and passes where there is none.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "kernels/cuda/device.h"

int main(int argc, char** argv) {
  if (const std::string problem = ppl::cuda_problem(); !problem.empty()) {
    std::printf("skipped: %s\n", problem.c_str());
    return 0;
  }
  std::printf("on %s\n", ppl::cuda_device_name().c_str());
  return doctest::Context(argc, argv).run();
}
