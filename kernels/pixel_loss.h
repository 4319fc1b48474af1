// Segmentation losses from logits x and targets t in {0, 1, 255 = ignored}, p = sigmoid(x), with their gradient.
// Defined in cpu/pixel_loss.cpp and cuda/pixel_loss.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// loss = focal * F + bce * B + dice * D, means over the elements that are not ignored.
//   F: w BCE(x, t), w = (alpha t + (1 - alpha)(1 - t)) (1 - pt)^gamma, pt = p t + (1 - p)(1 - t)
//   D: 1 - (2 sum(p t) + smooth) / (sum(t t) + sum(p p) + smooth) per image, averaged; or over the batch at once
struct PixelLoss {
  float focal = 0, bce = 0, dice = 0;
  bool focal_full_gradient = false;  // else w is a constant in the gradient, as published
  bool dice_batch = false;
  float alpha = 0.25f, gamma = 0.5f, smooth = 1e-5f;
};

// logits and target [n, per_image] flat; loss: one f32 (NaN on CUDA where a target is none of the three; the
// CPU throws); gradient of the loss [n, per_image].
template <class T>
void pixel_loss(CpuContext&, const PixelLoss&, int64_t n, int64_t per_image, const T* logits, const uint8_t* target,
                float* loss, T* gradient);
template <class T>
void pixel_loss(CudaContext&, const PixelLoss&, int64_t n, int64_t per_image, const T* logits, const uint8_t* target,
                float* loss, T* gradient);

// The same with a weight >= 0 for each element's F and B: sum(weight (focal F + bce B)) / count, as PyTorch's BCE with
// a weight does it. D is not weighted.
template <class T>
void weighted_pixel_loss(CpuContext&, const PixelLoss&, int64_t n, int64_t per_image, const T* logits,
                         const uint8_t* target, const float* weight, float* loss, T* gradient);
template <class T>
void weighted_pixel_loss(CudaContext&, const PixelLoss&, int64_t n, int64_t per_image, const T* logits,
                         const uint8_t* target, const float* weight, float* loss, T* gradient);

}  // namespace ppl
