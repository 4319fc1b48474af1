// Convolutions by one algorithm against plain loops, over shapes that do not fit the blocks of any of them.
#pragma once

#include <doctest/doctest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/conv_impl.h"

namespace ppl {

// Values of two decimal digits and a mean: sums do not cancel to nothing.
template <class T>
std::vector<T> noise(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> out(count);
  for (T& v : out) v = T(static_cast<float>(random() % 2001) / 1000.0f - 1.0f);
  return out;
}

template <class A, class B>
double error(const std::vector<A>& got, const std::vector<B>& expected) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double e = static_cast<float>(expected[i]), d = static_cast<float>(got[i]) - e;
    difference += d * d, norm += e * e;
  }
  return norm == 0 ? std::sqrt(difference) : std::sqrt(difference / norm);
}

template <class T>
std::vector<float> widen(const std::vector<T>& v) {
  return {v.begin(), v.end()};
}

inline std::string name(const Conv& p) {
  return cat("n", p.n, " ", p.h, "x", p.w, " c", p.c, " k", p.k, " window ", p.r, "x", p.s, " stride ", p.stride,
             " pad ", p.pad, " dilation ", p.dilation);
}

inline Conv make(int n, int h, int w, int c, int k, Axes window, Axes stride, Axes pad, Axes dilation = 1) {
  Conv p{n, h, w, c, 0, 0, k, window.y, window.x, stride, pad, dilation};
  const auto [oh, ow] = conv_extents(p);
  p.oh = oh, p.ow = ow;
  return p;
}

inline std::vector<Conv> shapes() {
  std::vector<Conv> all;
  const auto add = [&](const Conv& p) {
    if (p.oh > 0 && p.ow > 0) all.push_back(p);
  };
  for (int size = 1; size <= 9; ++size) add(make(1 + size % 3, size, 10 - size, 16, 32, 3, 1, 1));
  for (int size : {1, 4, 7, 9}) {
    for (int stride : {1, 2}) {
      for (int dilation : {1, 2, 5}) {
        for (int pad : {0, 1, 2, 3, 5}) add(make(2, size, size + 1, 5, 7, 3, stride, pad, dilation));
      }
    }
  }
  for (int c : {1, 3, 15, 16, 17, 33, 64, 130}) {
    for (int k : {1, 2, 3, 4, 5, 31, 32, 48, 100}) add(make(1, 11, 13, c, k, 3, 1, 1));
  }
  for (int dilation : {1, 2, 5}) add(make(2, 23, 19, 32, 48, 3, 1, dilation, dilation));
  for (int c : {16, 20, 64}) {
    add(make(3, 16, 18, c, 64, 1, 1, 0));
    add(make(2, 17, 15, c, 64, 1, 2, 0));
    add(make(2, 17, 15, 64, c, 3, 2, 1));
    add(make(2, 16, 22, 64, c, 3, 2, 1));
    add(make(2, 16, 10, c, 64, 4, 2, 1));
    add(make(2, 17, 15, c, 64, 3, 2, 0));
  }
  add(make(1, 38, 45, 3, 64, 7, 2, 3));
  add(make(2, 33, 30, 4, 64, 7, 2, 3));
  add(make(1, 31, 29, 32, 1, 2, 1, 1));
  add(make(1, 64, 70, 64, 64, 3, 1, 1));
  add(make(2, 40, 37, 32, 1, 3, 1, 1));
  add(make(3, 61, 70, 20, 40, 3, 1, 1));
  add(make(3, 131, 150, 20, 40, 4, 2, 1));
  for (int c : {3, 16, 40}) {  // each axis its own
    for (int k : {1, 3, 33}) {
      add(make(2, 13, 21, c, k, {1, 9}, 1, {0, 4}));
      add(make(2, 21, 13, c, k, {9, 1}, 1, {4, 0}));
      add(make(1, 14, 17, c, k, {3, 5}, {2, 3}, {1, 4}, {3, 2}));
      add(make(1, 14, 17, c, k, 3, {1, 2}, 1));
      add(make(1, 14, 17, c, k, 3, {2, 1}, {0, 1}));
      add(make(1, 14, 17, c, k, 3, 1, {2, 1}, {2, 1}));
      add(make(1, 14, 17, c, k, 3, 1, {0, 2}));
      add(make(1, 9, 2, c, k, {1, 2}, {1, 3}, {0, 1}));
    }
  }
  add(make(1, 8, 512, 32, 32, 3, 1, 1));  // wide maps: where oneDNN 2 goes wrong by AMX tiles
  add(make(1, 3, 1024, 64, 32, 3, 1, 1));
  return all;
}

struct Limits {
  double f32, bf16;
};

// What plain loops make of the same (rounded) values, before bias, residual and ReLU.
struct Sums {
  std::vector<float> y, dx, dw;
};

// Bias by channel, then the residual, then ReLU.
inline std::vector<float> finished(std::vector<float> sums, const Epilogue<float>& e, int channels) {
  for (size_t i = 0; i < sums.size(); ++i) {
    if (e.bias) sums[i] += e.bias[i % static_cast<size_t>(channels)];
    if (e.residual) sums[i] += e.residual[i];
    if (e.relu) sums[i] = std::max(sums[i], 0.0f);
  }
  return sums;
}

// Runs the three kinds in type T and compares with plain loops in f32 on the same (rounded) values.
template <class T>
void compare(const Conv& p, ConvAlgorithm algorithm, Limits limits) {
  const bool is_bf16 = std::is_same_v<T, bf16>;
  const double limit = is_bf16 ? limits.bf16 : limits.f32;
  CAPTURE(name(p));
  CAPTURE(is_bf16);
  const size_t nx = size_t(p.n) * p.h * p.w * p.c, ny = size_t(p.n) * p.oh * p.ow * p.k,
               nw = size_t(p.k) * p.r * p.s * p.c;
  const auto x = noise<T>(nx, 1), w = noise<T>(nw, 2), dy = noise<T>(ny, 3), rx = noise<T>(nx, 4), ry = noise<T>(ny, 5);
  const auto bias = noise<float>(std::max(p.c, p.k), 6);
  const auto x32 = widen(x), w32 = widen(w), dy32 = widen(dy), rx32 = widen(rx), ry32 = widen(ry);
  const bool forward = conv_serves(algorithm, ConvKind::forward, p, is_bf16),
             data = conv_serves(algorithm, ConvKind::backward_data, p, is_bf16),
             weights = conv_serves(algorithm, ConvKind::backward_weights, p, is_bf16);
  Sums expected{std::vector<float>(ny), std::vector<float>(nx), std::vector<float>(nw)};
  if (forward) conv_plain::forward<float>(p, x32.data(), w32.data(), {}, expected.y.data());
  if (data) conv_plain::backward_data<float>(p, dy32.data(), w32.data(), {}, expected.dx.data());
  if (weights) conv_plain::backward_weights<float>(p, x32.data(), dy32.data(), expected.dw.data());
  CpuContext& ctx = CpuContext::current();
  for (int mask = 0; mask < 8; ++mask) {
    const bool r = mask & 2, relu = mask & 4;
    const float* b = mask & 1 ? bias.data() : nullptr;
    CAPTURE(mask);
    PackedWeights packed;
    PackedWeights* kept = mask == 7 ? &packed : nullptr;
    std::vector<T> y(ny, T(NAN)), dx(nx, T(NAN));
    const auto y32 = finished(expected.y, {b, r ? ry32.data() : nullptr, relu}, p.k);
    const auto dx32 = finished(expected.dx, {b, r ? rx32.data() : nullptr, relu}, p.c);
    for (int call = 0; call < (kept ? 2 : 1); ++call) {
      if (forward) {
        conv_forward<T>(ctx, p, x.data(), w.data(), {b, r ? ry.data() : nullptr, relu}, y.data(), kept, algorithm);
        CHECK(error(y, y32) <= limit);
      }
      if (data) {
        conv_backward_data<T>(ctx, p, dy.data(), w.data(), {b, r ? rx.data() : nullptr, relu}, dx.data(), kept,
                              algorithm);
        CHECK(error(dx, dx32) <= limit);
      }
    }
  }
  if (!weights) return;
  std::vector<float> dw(nw, NAN), again(nw);
  conv_backward_weights<T>(ctx, p, x.data(), dy.data(), dw.data(), algorithm);
  CHECK(error(dw, expected.dw) <= limits.f32);
  conv_backward_weights<T>(ctx, p, x.data(), dy.data(), again.data(), algorithm);
  CHECK(dw == again);
}

// One of `every` shapes.
inline void compare_all(ConvAlgorithm algorithm, Limits limits, size_t every = 1) {
  const std::vector<Conv> all = shapes();
  for (size_t i = 0; i < all.size(); i += every) {
    compare<float>(all[i], algorithm, limits);
    compare<bf16>(all[i], algorithm, limits);
  }
}

}  // namespace ppl
