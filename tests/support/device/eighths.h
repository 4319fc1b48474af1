// Arrays in device memory for tests of launchers, filled with small eighths.
#pragma once

#include <random>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/cuda/device.h"

namespace ppl {

template <class T>
struct Eighths {
  T* data;
  size_t size;
  explicit Eighths(size_t n, unsigned seed = 0) : data(static_cast<T*>(cuda_allocate(n * sizeof(T)))), size(n) {
    std::mt19937 random(seed);
    std::vector<T> v(n);
    for (T& x : v) x = T(static_cast<float>(static_cast<int>(random() % 33) - 16) / 8);
    copy_to_device(data, v.data(), n * sizeof(T));
  }
  ~Eighths() { cuda_free(data); }
  Eighths(const Eighths&) = delete;
  std::vector<float> host() const {
    std::vector<T> v(size);
    copy_to_host(v.data(), data, size * sizeof(T));
    return {v.begin(), v.end()};
  }
};

}  // namespace ppl
