// Kernels that no differentiable op shows: optimizers, views, small matrix products, vector functions.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/adam.h"
#include "kernels/cpu/context.h"
#include "kernels/cpu/vec_math.h"
#include "kernels/matmul.h"
#include "kernels/sgd.h"
#include "kernels/sum_of_squares.h"
#include "kernels/views.h"

using namespace ppl;

namespace {

std::vector<float> noise(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> v(count);
  for (float& f : v) f = static_cast<float>(random() % 20001) / 1e4f - 1;
  return v;
}

CpuContext& ctx() { return CpuContext::current(); }

void check_close(const std::vector<float>& got, const std::vector<double>& expected, double tolerance) {
  REQUIRE(got.size() == expected.size());
  double difference = 0, norm = 0;
  for (size_t i = 0; i < got.size(); ++i)
    difference += std::pow(got[i] - expected[i], 2), norm += expected[i] * expected[i];
  CHECK(std::sqrt(difference) <= tolerance * std::sqrt(norm));
}

// The largest error of f over [low, high] in units in the last place of the result.
template <class F, class Exact>
double worst_ulps(double low, double high, F f, Exact exact) {
  double worst = 0;
  for (int i = 0; i < 200000; i += kLanes) {
    Vec x;
    for (int l = 0; l < kLanes; ++l) x[l] = static_cast<float>(low + (high - low) * (i + l) / 200000);
    const Vec y = f(x);
    for (int l = 0; l < kLanes; ++l) {
      const double e = exact(static_cast<double>(x[l]));
      const float near = static_cast<float>(e);
      worst = std::max(worst, std::abs(y[l] - e) / (std::nextafter(near, INFINITY) - near));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("vector functions") {
  CHECK(worst_ulps(
            -87, 88, [](Vec v) { return exp(v); }, [](double v) { return std::exp(v); }) < 2);
  CHECK(worst_ulps(
            -103, -87, [](Vec v) { return exp(v); }, [](double v) { return std::exp(v); }) < 2);
  CHECK(worst_ulps(
            0, 1, [](Vec v) { return log1p(v); }, [](double v) { return std::log1p(v); }) < 2);
  CHECK(worst_ulps(
            0, 1e-6, [](Vec v) { return log1p(v); }, [](double v) { return std::log1p(v); }) < 2);
  CHECK(worst_ulps(
            -80, 20, [](Vec v) { return sigmoid(v); }, [](double v) { return 1 / (1 + std::exp(-v)); }) < 4);
  const float infinity = INFINITY;
  CHECK(exp(splat(infinity))[0] == infinity);
  CHECK(exp(splat(-infinity))[0] == 0);
  CHECK(std::isnan(exp(splat(NAN))[0]));
  CHECK(sigmoid(splat(infinity))[0] == 1);
  CHECK(sigmoid(splat(-infinity))[0] == 0);
  CHECK(std::isnan(relu(splat(NAN))[0]));
}

TEST_CASE("bf16 rounds alike by lane and by value") {
  for (uint32_t high = 0; high < 0x10000; high += 7) {
    Vec v;
    for (uint32_t l = 0; l < kLanes; ++l) v[l] = std::bit_cast<float>(high << 16 | l * 0x1111);
    bf16 stored[kLanes];
    store(stored, v);
    for (int l = 0; l < kLanes; ++l) {
      const float expected = bf16(v[l]), got = stored[l];
      const bool tiny = std::abs(expected) <= 1.2e-38f;  // the processor's own conversion takes these for zero
      CHECK((got == expected || tiny || (std::isnan(got) && std::isnan(expected))));
    }
  }
}

TEST_CASE("adam is PyTorch's") {
  const size_t n = 1003;
  std::vector<float> p = noise(n, 1), m(n), v(n);
  std::vector<double> exact(p.begin(), p.end()), em(n), ev(n);
  const AdamOptions o{.weight_decay = 0.01f};
  for (int step = 1; step <= 5; ++step) {
    const std::vector<float> g = noise(n, static_cast<unsigned>(step) + 10);
    const float state[4] = {0.01f, static_cast<float>(1 - std::pow(0.9, step)),
                            static_cast<float>(1 - std::pow(0.999, step)), 0.5f};
    adam(ctx(), o, n, state, g.data(), p.data(), m.data(), v.data());
    for (size_t i = 0; i < n; ++i) {
      const double d = 0.5 * g[i] + 0.01 * exact[i];
      em[i] = 0.9 * em[i] + 0.1 * d;
      ev[i] = 0.999 * ev[i] + 0.001 * d * d;
      exact[i] -=
          0.01 / (1 - std::pow(0.9, step)) * em[i] / (std::sqrt(ev[i]) / std::sqrt(1 - std::pow(0.999, step)) + 1e-8);
    }
  }
  check_close(p, exact, 1e-6);
  check_close(m, em, 1e-6);
  check_close(v, ev, 5e-5);  // 1 - 0.999f is 0.001 to 2e-5
}

// Loshchilov and Hutter, Decoupled Weight Decay Regularization (ICLR 2019), with PyTorch's rate times decay.
TEST_CASE("adamw decays the weights, not by way of the gradient") {
  const size_t n = 1003;
  std::vector<float> p = noise(n, 1), m(n), v(n);
  std::vector<double> exact(p.begin(), p.end()), em(n), ev(n);
  for (int step = 1; step <= 5; ++step) {
    const std::vector<float> g = noise(n, static_cast<unsigned>(step) + 10);
    const float state[4] = {0.01f, static_cast<float>(1 - std::pow(0.9, step)),
                            static_cast<float>(1 - std::pow(0.999, step)), 0.5f};
    adam(ctx(), {.weight_decay = 3, .decoupled = true}, n, state, g.data(), p.data(), m.data(), v.data());
    for (size_t i = 0; i < n; ++i) {
      const double d = 0.5 * g[i];
      em[i] = 0.9 * em[i] + 0.1 * d;
      ev[i] = 0.999 * ev[i] + 0.001 * d * d;
      exact[i] = exact[i] * (1 - 0.01 * 3) - 0.01 / (1 - std::pow(0.9, step)) * em[i] /
                                                 (std::sqrt(ev[i]) / std::sqrt(1 - std::pow(0.999, step)) + 1e-8);
    }
  }
  check_close(p, exact, 2e-6);
  check_close(m, em, 1e-6);
}

TEST_CASE("sgd with momentum is PyTorch's") {
  const size_t n = 517;
  std::vector<float> p = noise(n, 1), buffer(n);
  std::vector<double> exact(p.begin(), p.end()), eb(n);
  for (unsigned step = 0; step < 4; ++step) {
    const std::vector<float> g = noise(n, step + 5);
    const float state[4] = {0.1f, 0, 0, 2};
    sgd(ctx(), {.momentum = 0.9f, .weight_decay = 0.1f}, n, state, g.data(), p.data(), buffer.data());
    for (size_t i = 0; i < n; ++i) eb[i] = 0.9 * eb[i] + 2 * g[i] + 0.1 * exact[i], exact[i] -= 0.1 * eb[i];
  }
  check_close(p, exact, 1e-6);
}

TEST_CASE("sum of squares") {
  const std::vector<float> x = noise(3000001, 4);
  double exact = 0, got = -1;
  for (const float v : x) exact += static_cast<double>(v) * v;
  sum_of_squares(ctx(), static_cast<int64_t>(x.size()), x.data(), &got);
  CHECK(got == doctest::Approx(exact).epsilon(1e-7));
  sum_of_squares(ctx(), 0, x.data(), &got);
  CHECK(got == 0);
}

TEST_CASE("small matrix products, straight, transposed and of slices") {
  for (const int64_t m : {1, 5, 8}) {
    const int64_t n = 19, k = 37;
    const std::vector<float> a = noise(static_cast<size_t>(m * k), 1), b = noise(static_cast<size_t>(k * n), 2);
    std::vector<float> at(a.size()), bt(b.size()), c(static_cast<size_t>(m * (n + 3)), -7);
    for (int64_t i = 0; i < m * k; ++i) at[static_cast<size_t>(i % k * m + i / k)] = a[static_cast<size_t>(i)];
    for (int64_t i = 0; i < k * n; ++i) bt[static_cast<size_t>(i % n * k + i / n)] = b[static_cast<size_t>(i)];
    const auto check = [&] {
      for (int64_t i = 0; i < m * (n + 3); ++i) {
        const int64_t row = i / (n + 3), column = i % (n + 3);
        double exact = column < n ? 0 : -7;
        for (int64_t l = 0; column < n && l < k; ++l) {
          exact += static_cast<double>(a[static_cast<size_t>(row * k + l)]) * b[static_cast<size_t>(l * n + column)];
        }
        CHECK(c[static_cast<size_t>(i)] == doctest::Approx(exact).epsilon(1e-5));
      }
    };
    matmul(ctx(), {m, n, k, k, 1, n, n + 3}, a.data(), b.data(), c.data());
    check();
    matmul(ctx(), {m, n, k, 1, m, n, n + 3}, at.data(), b.data(), c.data());
    check();
    matmul_transposed(ctx(), {m, n, k, k, 1, k, n + 3}, a.data(), bt.data(), c.data());
    check();
  }
}

TEST_CASE("views, what undoes them, and sums of probabilities") {
  const MapSize sizes[] = {{2, 3, 5, 1}, {1, 4, 4, 3}, {2, 1, 6, 17}, {1, 5, 1, 2}};
  for (const MapSize& s : sizes) {
    for (int v = 0; v < kViews; ++v) {
      CAPTURE(v);
      const std::vector<float> x = noise(static_cast<size_t>(s.n * s.h * s.w * s.c), 3);
      std::vector<float> y(x.size()), back(x.size()), probability(x.size(), 0.25f);
      view(ctx(), v, s, x.data(), y.data());
      const int vh = v % 2 ? s.w : s.h, vw = v % 2 ? s.h : s.w;
      bool right = true;
      for (int i = 0; i < s.n * vh * vw * s.c; ++i) {  // numpy: rot90(x[:, ::-1] if v >= 4 else x, v % 4)
        int a = i / s.c / vw % vh, b = i / s.c % vw, h = vh, w = vw;
        for (int turn = 0; turn < v % 4; ++turn) {  // rot90: y[a, b] = x[b, last - a]; its input is w x h
          const int t = a;
          a = b, b = h - 1 - t, std::swap(h, w);
        }
        if (v >= 4) b = s.w - 1 - b;
        const int from = ((i / s.c / vw / vh * s.h + a) * s.w + b) * s.c + i % s.c;
        right &= y[static_cast<size_t>(i)] == x[static_cast<size_t>(from)];
      }
      CHECK(right);
      view(ctx(), undo_view(v), {s.n, vh, vw, s.c}, y.data(), back.data());
      CHECK(back == x);
      accumulate_view(ctx(), v, s, 0.5f, y.data(), probability.data());
      for (size_t i = 0; i < x.size(); ++i) {
        CHECK(probability[i] == doctest::Approx(0.25 + 0.5 / (1 + std::exp(-static_cast<double>(x[i])))).epsilon(1e-6));
      }
    }
  }
  CHECK_THROWS_AS(view(ctx(), 8, sizes[0], static_cast<float*>(nullptr), static_cast<float*>(nullptr)), Error);
}

TEST_CASE("reflection padding, crop, threshold") {
  const std::vector<float> x = {1, 2, 3, 4};
  std::vector<float> y(12);
  reflect_pad(ctx(), {1, 1, 4, 1}, 0, 5, 1, 12, x.data(), y.data());
  CHECK(y == std::vector<float>{2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1});
  std::vector<float> rows(6);
  reflect_pad(ctx(), {1, 2, 1, 2}, 1, 0, 3, 1, x.data(), rows.data());
  CHECK(rows == std::vector<float>{3, 4, 1, 2, 3, 4});
  std::vector<float> alone(4);
  reflect_pad(ctx(), {1, 1, 1, 1}, 1, 1, 2, 2, x.data(), alone.data());
  CHECK(alone == std::vector<float>{1, 1, 1, 1});

  const std::vector<float> map = noise(2 * 7 * 6 * 3, 8);
  std::vector<float> padded(2 * 12 * 11 * 3), back(map.size());
  reflect_pad(ctx(), {2, 7, 6, 3}, 2, 3, 12, 11, map.data(), padded.data());
  crop(ctx(), {2, 12, 11, 3}, 2, 3, 7, 6, padded.data(), back.data());
  CHECK(back == map);
  CHECK_THROWS_AS(crop(ctx(), {2, 12, 11, 3}, 6, 3, 7, 6, padded.data(), back.data()), Error);

  const std::vector<float> p = {0.25f, 0.2500001f, 0, 1, NAN};
  std::vector<uint8_t> mask(p.size());
  threshold(ctx(), static_cast<int64_t>(p.size()), 0.25f, 255, p.data(), mask.data());
  CHECK(mask == std::vector<uint8_t>{0, 255, 0, 255, 0});
}
