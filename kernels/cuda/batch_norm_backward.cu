#include "kernels/batch_norm.h"
#include "kernels/cuda/batch_norm.h"

namespace ppl {
namespace {

// Sums of dz and of dz (x - mean); writes dz where the mask comes from y. Reads x, dy and perhaps y.
template <class T>
struct Sums {
  bool relu;
  const T* x;
  NormConstants k;
  const T *dy, *y;
  T* dz;

  template <int N>
  __device__ NormColumns<N> constants(int c) const {
    return k.columns<N>(c);
  }
  template <int N>
  __device__ void add(MapVector m, const NormColumns<N>& k, float (&sums)[2][N]) const {
    const Pack<N> v = load<N>(x + m.at);
    Pack<N> d = load<N>(dy + m.at), result{};
    if (relu && y) result = load<N>(y + m.at);
    for (int j = 0; j < N; ++j) {
      const float centred = v.v[j] - k.mean[j];
      if (relu && !((y ? result.v[j] : k.norm(centred, j)) > 0)) d.v[j] = 0;
      sums[0][j] += d.v[j];
      sums[1][j] += d.v[j] * centred;
    }
    if (relu && y) store(dz + m.at, d);
  }
};

struct FinishSums {
  const float* inverse_std;
  float *dweight, *dbias;

  __device__ void operator()(int c, const double (&sums)[2]) const {
    dbias[c] = static_cast<float>(sums[0]);
    dweight[c] = static_cast<float>(sums[1] * inverse_std[c]);
  }
};

template <int N>
struct DataColumns {
  NormColumns<N> norm;
  float mean_dz[N], mean_dz_xhat[N];
};

// Reads x and dy, writes dx.
template <class T>
struct Data {
  bool mask;  // by the ReLU, from x
  float inverse_pixels;
  const T* x;
  NormConstants k;
  const T* dy;
  const float *dweight, *dbias;
  T* dx;

  template <int N>
  __device__ DataColumns<N> constants(int c) const {
    DataColumns<N> all{k.columns<N>(c), {}, {}};
    for (int j = 0; j < N; ++j) {
      all.mean_dz[j] = dbias[c + j] * inverse_pixels;
      all.mean_dz_xhat[j] = dweight[c + j] * inverse_pixels * all.norm.inverse_std[j];
    }
    return all;
  }
  template <int N>
  __device__ void run(MapVector m, const DataColumns<N>& k) const {
    Pack<N> v = load<N>(x + m.at);
    const Pack<N> d = load<N>(dy + m.at);
    for (int j = 0; j < N; ++j) {
      const float centred = v.v[j] - k.norm.mean[j];
      const float dz = mask && !(k.norm.norm(centred, j) > 0) ? 0 : d.v[j];
      v.v[j] = k.norm.scale[j] * (dz - k.mean_dz[j] - centred * k.mean_dz_xhat[j]);
    }
    store(dx + m.at, v);
  }
};

}  // namespace

template <class T>
void batch_norm_backward_sums(CudaContext& ctx, const BatchNorm& s, const T* x, const float* mean,
                              const float* inverse_std, const float* weight, const float* bias, const T* dy, const T* y,
                              T* dz, float* dweight, float* dbias) {
  const Sums<T> term{s.relu, x, {mean, inverse_std, weight, bias}, dy, y, dz};
  with_width<T>(s.channels, is_wide(x) && is_wide(dy) && is_wide(y) && is_wide(dz), [&](auto width) {
    channel_sums<2, width>(ctx, s.pixels, s.channels, term, FinishSums{inverse_std, dweight, dbias});
  });
}

template <class T>
void batch_norm_backward_data(CudaContext& ctx, const BatchNorm& s, const T* x, const float* mean,
                              const float* inverse_std, const float* weight, const float* bias, const T* dy,
                              const float* dweight, const float* dbias, T* dx) {
  const float inverse_pixels = 1.0f / static_cast<float>(s.pixels);
  const Data<T> body{
      s.relu && !s.residual_before_relu, inverse_pixels, x, {mean, inverse_std, weight, bias}, dy, dweight, dbias, dx};
  with_width<T>(s.channels, is_wide(x) && is_wide(dy) && is_wide(dx),
                [&](auto width) { for_channels<width>(ctx, s.pixels, s.channels, body); });
}

#define PPL_INSTANTIATE(T)                                                                                     \
  template void batch_norm_backward_sums(CudaContext&, const BatchNorm&, const T*, const float*, const float*, \
                                         const float*, const float*, const T*, const T*, T*, float*, float*);  \
  template void batch_norm_backward_data(CudaContext&, const BatchNorm&, const T*, const float*, const float*, \
                                         const float*, const float*, const T*, const float*, const float*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
