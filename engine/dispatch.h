// The one place where device and element type become types.
#pragma once

#include "engine/tensor.h"
#include "kernels/cpu/contention.h"
#include "kernels/cpu/context.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/device.h"

namespace ppl {

// on(device, [&](auto& ctx) { some_kernel(ctx, ...); }) runs the device's version of a kernel.
template <class F>
decltype(auto) on(Device d, F&& f) {
  switch (d) {
    case Device::cpu:
      adapt_threads();
      return f(CpuContext::current());
    case Device::cuda:
      if constexpr (kCudaKernels) return f(CudaContext::current());
      break;
  }
  PPL_CHECK(d != Device::cuda, cuda_problem());
  throw Error("unknown device");
}

// with_float_type(x.dtype(), [&](auto zero) { using T = decltype(zero); ... }) for float and bf16.
template <class F>
decltype(auto) with_float_type(DType t, F&& f) {
  switch (t) {
    case DType::f32:
      return f(float{});
    case DType::bf16:
      return f(bf16{});
    case DType::u8:
      break;
  }
  throw Error(cat("expected a floating-point tensor, got ", name(t)));
}

}  // namespace ppl
