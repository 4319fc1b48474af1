// Batch norm over [pixels, channels], with ReLU and a second map in the same pass. Defined in cpu/batch_norm*.cpp.
// Least traffic: forward reads x twice and writes y; backward reads x and dy twice and writes dx.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

struct BatchNorm {
  int64_t pixels = 0, channels = 0;
  bool relu = false;
  bool residual_before_relu = false;  // y = relu(norm(x) + r), else relu(norm(x)) + r; where there is an r
};

// mean and variance (biased) per channel.
template <class T>
void batch_norm_statistics(CpuContext&, const BatchNorm&, const T* x, float* mean, float* variance);
template <class T>
void batch_norm_statistics(CudaContext&, const BatchNorm&, const T* x, float* mean, float* variance);

// running = (1 - momentum) running + momentum of the batch's: mean + shift (null: 0) and the unbiased variance;
// inverse_std = 1 / sqrt(variance + epsilon).
void batch_norm_update(CpuContext&, const BatchNorm&, float momentum, float epsilon, const float* mean,
                       const float* variance, const float* shift, float* running_mean, float* running_variance,
                       float* inverse_std);
void batch_norm_update(CudaContext&, const BatchNorm&, float momentum, float epsilon, const float* mean,
                       const float* variance, const float* shift, float* running_mean, float* running_variance,
                       float* inverse_std);

// What batch_norm_apply wants in inference: mean = running mean - shift (null: 0), inverse_std from the running
// variance.
void batch_norm_running(CpuContext&, const BatchNorm&, float epsilon, const float* running_mean,
                        const float* running_variance, const float* shift, float* mean, float* inverse_std);
void batch_norm_running(CudaContext&, const BatchNorm&, float epsilon, const float* running_mean,
                        const float* running_variance, const float* shift, float* mean, float* inverse_std);

// y from x; residual may be null.
template <class T>
void batch_norm_apply(CpuContext&, const BatchNorm&, const T* x, const float* mean, const float* inverse_std,
                      const float* weight, const float* bias, const T* residual, T* y);
template <class T>
void batch_norm_apply(CudaContext&, const BatchNorm&, const T* x, const float* mean, const float* inverse_std,
                      const float* weight, const float* bias, const T* residual, T* y);

// First pass: dweight = sum dz xhat, dbias = sum dz. dz = dy behind the ReLU; its mask comes from x, or from y where y
// is not null (residual before the ReLU): then dz, which is the residual's gradient, is written too.
template <class T>
void batch_norm_backward_sums(CpuContext&, const BatchNorm&, const T* x, const float* mean, const float* inverse_std,
                              const float* weight, const float* bias, const T* dy, const T* y, T* dz, float* dweight,
                              float* dbias);
template <class T>
void batch_norm_backward_sums(CudaContext&, const BatchNorm&, const T* x, const float* mean, const float* inverse_std,
                              const float* weight, const float* bias, const T* dy, const T* y, T* dz, float* dweight,
                              float* dbias);

// Second pass: dx = weight inverse_std (dz - mean(dz) - xhat mean(dz xhat)). With residual_before_relu, dy is the dz
// that the first pass wrote.
template <class T>
void batch_norm_backward_data(CpuContext&, const BatchNorm&, const T* x, const float* mean, const float* inverse_std,
                              const float* weight, const float* bias, const T* dy, const float* dweight,
                              const float* dbias, T* dx);
template <class T>
void batch_norm_backward_data(CudaContext&, const BatchNorm&, const T* x, const float* mean, const float* inverse_std,
                              const float* weight, const float* bias, const T* dy, const float* dweight,
                              const float* dbias, T* dx);

}  // namespace ppl
