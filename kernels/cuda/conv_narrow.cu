// Convolutions to one channel (a network's last layer) and their gradients. They are bound by the wide map: forward and
// the weights' gradient read it once, the data's gradient writes it once. Libraries pad the one channel to eight.
#include "kernels/cuda/channels.h"
#include "kernels/cuda/conv_impl.h"

namespace ppl::cuda_conv_narrow {
namespace {

// Pixels fit into 32 bits (serves): their division is quick.
struct Pixel {
  int n, y, x;
};
PPL_DEVICE Pixel pixel_of(unsigned p, int h, int w) {
  const unsigned line = p / static_cast<unsigned>(w), image = line / static_cast<unsigned>(h);
  return {static_cast<int>(image), static_cast<int>(line - image * static_cast<unsigned>(h)),
          static_cast<int>(p - line * static_cast<unsigned>(w))};
}

// y = epilogue(sum over taps and channels): a pixel a thread, N channels at a time.
template <class T, int R, int N>
struct Forward {
  Conv s;
  const T *x, *w;
  Epilogue<T> e;
  T* y;

  __device__ float dot(const T* a, const T* b) const {
    float sum = 0;
    for (int c = 0; c < s.c; c += N) {
      const Pack<N> u = load<N>(a + c), v = load<N>(b + c);
      for (int j = 0; j < N; ++j) sum += u.v[j] * v.v[j];
    }
    return sum;
  }
  template <int>
  __device__ void run(int64_t i) const {
    const Pixel p = pixel_of(static_cast<unsigned>(i), s.oh, s.ow);
    float sum = 0;
    for (int tap = 0; tap < R * R; ++tap) {
      const int iy = p.y - s.pad.y + tap / R * s.dilation.y, ix = p.x - s.pad.x + tap % R * s.dilation.x;
      if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
      sum += dot(x + ((static_cast<int64_t>(p.n) * s.h + iy) * s.w + ix) * s.c, w + tap * s.c);
    }
    if (e.bias) sum += e.bias[0];
    if (e.residual) sum += static_cast<float>(e.residual[i]);
    if (e.relu && sum < 0) sum = 0;
    store(y + i, Pack<1>{{sum}});
  }
};

// dy of the output that read input pixel (y, x) through tap (k, l); 0 where there is none.
template <class T>
PPL_DEVICE float gradient_of(const Conv& s, const T* dy, const Pixel& p, int k, int l) {
  const int oy = p.y + s.pad.y - k * s.dilation.y, ox = p.x + s.pad.x - l * s.dilation.x;
  if (oy < 0 || oy >= s.oh || ox < 0 || ox >= s.ow) return 0;
  return static_cast<float>(dy[static_cast<unsigned>((p.n * s.oh + oy) * s.ow + ox)]);
}

// dx = epilogue(sum over taps): a thread keeps the weights of its channels.
template <class T, int R>
struct Data {
  Conv s;
  const T *dy, *w;
  Epilogue<T> e;
  T* dx;

  template <int N>
  struct Constants {
    float w[R * R][N], bias[N];
  };

  template <int N>
  __device__ Constants<N> constants(int c) const {
    Constants<N> k{};
    for (int tap = 0; tap < R * R; ++tap) {
      const Pack<N> taps = load<N>(w + tap * s.c + c);
      for (int j = 0; j < N; ++j) k.w[tap][j] = taps.v[j];
    }
    for (int j = 0; e.bias && j < N; ++j) k.bias[j] = e.bias[c + j];
    return k;
  }
  template <int N>
  __device__ void run(MapVector m, const Constants<N>& k) const {
    const Pixel p = pixel_of(static_cast<unsigned>(m.pixel), s.h, s.w);
    Pack<N> v{};
    if (e.residual) v = load<N>(e.residual + m.at);
    for (int j = 0; j < N; ++j) v.v[j] += k.bias[j];
    for (int tap = 0; tap < R * R; ++tap) {
      const float g = gradient_of(s, dy, p, tap / R, tap % R);
      for (int j = 0; j < N; ++j) v.v[j] += g * k.w[tap][j];
    }
    for (int j = 0; j < N; ++j)
      if (e.relu && v.v[j] < 0) v.v[j] = 0;
    store(dx + m.at, v);
  }
};

struct Nothing {};

// dw: each input pixel adds to the taps through which it was read.
template <class T, int R>
struct Weights {
  Conv s;
  const T *x, *dy;

  template <int N>
  __device__ Nothing constants(int) const {
    return {};
  }
  template <int N>
  __device__ void add(MapVector m, const Nothing&, float (&sums)[R * R][N]) const {
    const Pack<N> v = load<N>(x + m.at);
    const Pixel p = pixel_of(static_cast<unsigned>(m.pixel), s.h, s.w);
    for (int tap = 0; tap < R * R; ++tap) {
      const float g = gradient_of(s, dy, p, tap / R, tap % R);
      for (int j = 0; j < N; ++j) sums[tap][j] += g * v.v[j];
    }
  }
};

template <int R>
struct StoreTaps {
  int channels;
  float* dw;

  __device__ void operator()(int c, const double* sums) const {
    for (int tap = 0; tap < R * R; ++tap) dw[tap * channels + c] = static_cast<float>(sums[tap]);
  }
};

template <class Body>
void with_window(const Conv& s, Body&& body) {
  if (s.r == 3)
    body(std::integral_constant<int, 3>{});
  else
    body(std::integral_constant<int, 2>{});
}

}  // namespace

bool serves(const Conv& s) {
  const int64_t most = int64_t{1} << 31;
  return s.k == 1 && s.stride == Axes(1) && s.r == s.s && (s.r == 2 || s.r == 3) && int64_t{s.n} * s.h * s.w < most &&
         int64_t{s.n} * s.oh * s.ow < most;
}

template <class T>
void forward(CudaContext& ctx, const Conv& s, const T* x, const T* w, const Epilogue<T>& e, T* y) {
  with_window(s, [&](auto window) {
    with_width<T>(s.c, is_wide(x) && is_wide(w), [&](auto width) {
      for_elements<1>(ctx, int64_t{s.n} * s.oh * s.ow, true, Forward<T, window, width>{s, x, w, e, y});
    });
  });
}

template <class T>
void backward_data(CudaContext& ctx, const Conv& s, const T* dy, const T* w, const Epilogue<T>& e, T* dx) {
  with_window(s, [&](auto window) {
    with_width<T>(s.c, is_wide(dx) && is_wide(w) && is_wide(e.residual), [&](auto width) {
      for_channels<width>(ctx, int64_t{s.n} * s.h * s.w, s.c, Data<T, window>{s, dy, w, e, dx});
    });
  });
}

template <class T>
void backward_weights(CudaContext& ctx, const Conv& s, const T* x, const T* dy, float* dw) {
  with_window(s, [&](auto window) {
    constexpr int kTaps = window * window;
    const Weights<T, window> term{s, x, dy};
    const StoreTaps<window> finish{s.c, dw};
    const int64_t pixels = int64_t{s.n} * s.h * s.w;
    // Four channels: the sums of nine taps of eight would not fit into a block's shared memory.
    if (s.c % 4 == 0 && is_wide(x))
      channel_sums<kTaps, 4>(ctx, pixels, s.c, term, finish);
    else
      channel_sums<kTaps, 1>(ctx, pixels, s.c, term, finish);
  });
}

#define PPL_INSTANTIATE(T)                                                                            \
  template void forward(CudaContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*);       \
  template void backward_data(CudaContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*); \
  template void backward_weights(CudaContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::cuda_conv_narrow
