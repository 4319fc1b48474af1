// What the passes of batch norm share: a thread's channels with their mean, inverse deviation, scale and shift.
#pragma once

#include "kernels/cuda/channels.h"

namespace ppl {

template <int N>
struct NormColumns {
  float mean[N], inverse_std[N], scale[N], shift[N];

  // As forward computed it, so that backward finds the ReLU's mask to the bit.
  PPL_DEVICE float norm(float centred, int j) const { return fmaf(centred, scale[j], shift[j]); }
};

struct NormConstants {
  const float *mean, *inverse_std, *weight, *bias;  // [channels]

  template <int N>
  PPL_DEVICE NormColumns<N> columns(int c) const {
    NormColumns<N> k;
    for (int j = 0; j < N; ++j) {
      k.mean[j] = mean[c + j], k.inverse_std[j] = inverse_std[c + j];
      k.scale[j] = weight[c + j] * inverse_std[c + j], k.shift[j] = bias[c + j];
    }
    return k;
  }
};

}  // namespace ppl
