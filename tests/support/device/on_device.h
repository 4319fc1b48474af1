// What tests of single kernels need: arrays on the device, and numbers to put there.
#pragma once

#include <random>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/cpu/context.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/device.h"

namespace ppl {

// An array on the device.
template <class T>
struct OnDevice {
  T* data;
  size_t size;

  explicit OnDevice(const std::vector<T>& v)
      : data(static_cast<T*>(cuda_allocate(v.size() * sizeof(T)))), size(v.size()) {
    copy_to_device(data, v.data(), size * sizeof(T));
  }
  ~OnDevice() { cuda_free(data); }
  OnDevice(const OnDevice&) = delete;
  std::vector<T> host() const {
    std::vector<T> v(size);
    copy_to_host(v.data(), data, size * sizeof(T));
    return v;
  }
};

inline std::vector<float> noise(size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> v(n);
  for (float& x : v) x = normal(random);
  return v;
}

template <class T>
std::vector<T> noise_as(size_t n, unsigned seed) {
  const std::vector<float> v = noise(n, seed);
  std::vector<T> as(n);
  for (size_t i = 0; i < n; ++i) as[i] = T(v[i]);
  return as;
}

inline CpuContext& cpu() { return CpuContext::current(); }
inline CudaContext& cuda() { return CudaContext::current(); }

template <class T>
std::vector<float> widened(const std::vector<T>& v) {
  return {v.begin(), v.end()};
}

}  // namespace ppl
