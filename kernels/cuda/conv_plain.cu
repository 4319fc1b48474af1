#include "kernels/cuda/conv_impl.h"
#include "kernels/cuda/gather_product.h"

namespace ppl::cuda_conv_plain {
namespace {

// x at the tap (r, s) and channel c of output pixel p; 0 in the padding.
template <class T>
struct Patches {
  Conv s;
  const T* x;

  PPL_DEVICE float at(int64_t pixel, int64_t entry) const {
    const int c = static_cast<int>(entry % s.c), tap = static_cast<int>(entry / s.c);
    const int ox = static_cast<int>(pixel % s.ow), oy = static_cast<int>(pixel / s.ow % s.oh);
    const int iy = oy * s.stride.y - s.pad.y + tap / s.s * s.dilation.y;
    const int ix = ox * s.stride.x - s.pad.x + tap % s.s * s.dilation.x;
    if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) return 0;
    return x[((pixel / s.ow / s.oh * s.h + iy) * s.w + ix) * s.c + c];
  }
};

// [output pixels, r s c]
template <class T>
struct ForwardLeft : Patches<T> {
  static constexpr bool kAlong = true;
  __device__ float operator()(int64_t pixel, int64_t entry) const { return this->at(pixel, entry); }
};

// [r s c, k]
template <class T>
struct ForwardRight {
  static constexpr bool kAlong = true;
  const T* w;
  int64_t row;
  __device__ float operator()(int64_t entry, int64_t k) const { return w[k * row + entry]; }
};

// [input pixels, r s k]: dy that read the pixel through tap (r, s).
template <class T>
struct DataLeft {
  static constexpr bool kAlong = true;
  Conv s;
  const T* dy;

  __device__ float operator()(int64_t pixel, int64_t entry) const {
    const int k = static_cast<int>(entry % s.k), tap = static_cast<int>(entry / s.k);
    const int y = static_cast<int>(pixel / s.w % s.h) + s.pad.y - tap / s.s * s.dilation.y;
    const int x = static_cast<int>(pixel % s.w) + s.pad.x - tap % s.s * s.dilation.x;
    if (y < 0 || x < 0 || y % s.stride.y != 0 || x % s.stride.x != 0) return 0;
    const int oy = y / s.stride.y, ox = x / s.stride.x;
    if (oy >= s.oh || ox >= s.ow) return 0;
    return dy[((pixel / s.w / s.h * s.oh + oy) * s.ow + ox) * s.k + k];
  }
};

// [r s k, c]
template <class T>
struct DataRight {
  static constexpr bool kAlong = false;
  Conv s;
  const T* w;
  __device__ float operator()(int64_t entry, int64_t c) const {
    return w[(entry % s.k * s.r * s.s + entry / s.k) * s.c + c];
  }
};

// [k, output pixels]
template <class T>
struct WeightsLeft {
  static constexpr bool kAlong = false;
  const T* dy;
  int64_t channels;
  __device__ float operator()(int64_t k, int64_t pixel) const { return dy[pixel * channels + k]; }
};

// [output pixels, r s c]
template <class T>
struct WeightsRight : Patches<T> {
  static constexpr bool kAlong = false;
  __device__ float operator()(int64_t pixel, int64_t entry) const { return this->at(pixel, entry); }
};

template <class T>
struct Finish {
  Epilogue<T> e;
  int64_t channels;
  T* y;

  __device__ void operator()(int64_t pixel, int64_t c, int64_t, float v) const {
    const int64_t at = pixel * channels + c;
    if (e.bias) v += e.bias[c];
    if (e.residual) v += static_cast<float>(e.residual[at]);
    if (e.relu && v < 0) v = 0;
    store(y + at, Pack<1>{{v}});
  }
};

struct StorePart {
  float* parts;  // [splits][size]
  int64_t row, size;

  __device__ void operator()(int64_t i, int64_t j, int64_t split, float v) const {
    parts[split * size + i * row + j] = v;
  }
};

// y = the sum over the parts, in f64 and in their order.
struct JoinParts {
  int64_t splits, size;
  const float* parts;
  float* y;

  template <int N>
  __device__ void run(int64_t i) const {
    double sum = 0;
    for (int64_t p = 0; p < splits; ++p) sum += parts[p * size + i];
    y[i] = static_cast<float>(sum);
  }
};

constexpr int64_t kSplitPixels = 4096, kMaxPartBytes = int64_t{256} << 20;

}  // namespace

template <class T>
void forward(CudaContext& ctx, const Conv& s, const T* x, const T* w, const Epilogue<T>& e, T* y) {
  const int64_t entries = int64_t{s.r} * s.s * s.c;
  gather_product(ctx, {int64_t{s.n} * s.oh * s.ow, s.k, entries, entries}, ForwardLeft<T>{{s, x}},
                 ForwardRight<T>{w, entries}, Finish<T>{e, s.k, y});
}

template <class T>
void backward_data(CudaContext& ctx, const Conv& s, const T* dy, const T* w, const Epilogue<T>& e, T* dx) {
  const int64_t entries = int64_t{s.r} * s.s * s.k;
  gather_product(ctx, {int64_t{s.n} * s.h * s.w, s.c, entries, entries}, DataLeft<T>{s, dy}, DataRight<T>{s, w},
                 Finish<T>{e, s.c, dx});
}

// The sum over pixels is split, so that it has enough blocks and f32 loses little.
template <class T>
void backward_weights(CudaContext& ctx, const Conv& s, const T* x, const T* dy, float* dw) {
  const int64_t pixels = int64_t{s.n} * s.oh * s.ow, entries = int64_t{s.r} * s.s * s.c, size = s.k * entries;
  const int64_t fitting = kMaxPartBytes / (size * int64_t{sizeof(float)}), wanted = ceil_div(pixels, kSplitPixels);
  const int64_t most = wanted < fitting ? wanted : fitting < 1 ? 1 : fitting;
  const int64_t per_split = ceil_div(pixels, most), splits = ceil_div(pixels, per_split);
  float* parts = ctx.scratch<float>(slot_product, static_cast<size_t>(splits * size));
  gather_product(ctx, {s.k, entries, pixels, per_split}, WeightsLeft<T>{dy, s.k}, WeightsRight<T>{{s, x}},
                 StorePart{parts, entries, size});
  for_elements<1>(ctx, size, true, JoinParts{splits, size, parts, dw});
}

#define PPL_INSTANTIATE(T)                                                                            \
  template void forward(CudaContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*);       \
  template void backward_data(CudaContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*); \
  template void backward_weights(CudaContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::cuda_conv_plain
