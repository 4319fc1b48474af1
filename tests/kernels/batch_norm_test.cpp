// Statistics: accuracy over big maps far from zero, running values, inference, exact zeros; the number of threads.
#include <doctest/doctest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/ops.h"

using namespace ppl;

namespace {

Tensor noise(Shape shape, float mean, float spread, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(mean, spread);
  std::vector<float> v(static_cast<size_t>(numel(shape)));
  for (float& f : v) f = normal(random);
  return Tensor::from(std::move(shape), v);
}

struct Norm {
  Tensor x;
  NormTensors p;
  explicit Norm(Tensor map) : x(std::move(map)) {
    const int64_t c = x.dim(3);
    p = {noise({c}, 1, 0.1f, 1), noise({c}, 0, 1, 2), noise({c}, 0, 1, 3), Tensor::full({c}, 2), noise({c}, 0, 3, 4)};
    for (const Tensor& t : {x, p.weight, p.bias, p.conv_bias}) t.set_requires_grad();
  }
};

Tensor total(const Tensor& y) {
  return record("total", {y}, Tensor::zeros({1}),
                [y](const Tensor&) -> std::vector<Tensor> { return {cast(noise(y.shape(), 0.5f, 1, 9), y.dtype())}; });
}

}  // namespace

TEST_CASE("statistics of a million pixels hold 1e-5, whatever the mean") {
  for (const float mean : {0.0f, 100.0f, -3000.0f}) {
    for (const int64_t c : {5, 16}) {
      const Norm n(noise({1, 1000, 1003, c}, mean, 1, 5));
      const std::vector<float> before = n.p.running_mean.to_host(), x = n.x.to_host(), shift = n.p.conv_bias.to_host();
      const Tensor y = batch_norm(n.x, n.p, {});
      const double pixels = 1000 * 1003;
      std::vector<double> m(static_cast<size_t>(c)), v(m.size());
      for (size_t i = 0; i < x.size(); ++i) m[i % m.size()] += x[i] / pixels;
      for (size_t i = 0; i < x.size(); ++i) v[i % m.size()] += std::pow(x[i] - m[i % m.size()], 2);
      for (size_t k = 0; k < m.size(); ++k) {
        CHECK(n.p.running_mean.to_host()[k] ==
              doctest::Approx(0.9 * before[k] + 0.1 * (m[k] + shift[k])).epsilon(1e-5));
        CHECK(n.p.running_var.to_host()[k] == doctest::Approx(0.9 * 2 + 0.1 * v[k] / (pixels - 1)).epsilon(1e-6));
      }
      double difference = 0, norm = 0;
      const std::vector<float> got = y.to_host(), w = n.p.weight.to_host(), b = n.p.bias.to_host();
      for (size_t i = 0; i < x.size(); ++i) {
        const size_t k = i % m.size();
        const double e = (x[i] - m[k]) / std::sqrt(v[k] / pixels + 1e-5) * w[k] + b[k];
        difference += std::pow(got[i] - e, 2), norm += e * e;
      }
      CHECK(std::sqrt(difference / norm) <
            (mean < -1000 ? 2e-4 : 1e-5));  // one unit in the last place of 3000 is 2.4e-4
    }
  }
}

TEST_CASE("the gradient of a bias before the norm is exactly zero") {
  const Norm n(noise({2, 9, 7, 33}, 3, 2, 6));
  total(batch_norm(n.x, n.p, {.relu = true})).backward();
  CHECK(n.p.conv_bias.grad().to_host() == std::vector<float>(33));
}

TEST_CASE("one pixel has a defined norm") {
  const Norm n(noise({1, 1, 1, 3}, 3, 2, 6));
  const Tensor y = batch_norm(n.x, n.p, {});
  CHECK(y.to_host() == n.p.bias.to_host());
  for (const float v : n.p.running_var.to_host()) CHECK(v == doctest::Approx(1.8));
}

TEST_CASE("the running variance is the unbiased one") {
  const Norm n(Tensor::from({1, 2, 2, 1}, std::vector<float>{1, 2, 3, 6}));
  batch_norm(n.x, n.p, {});
  CHECK(n.p.running_var.to_host()[0] == doctest::Approx(0.9 * 2 + 0.1 * 14 / 3));  // 14 / 4 were the biased one
}

TEST_CASE("inference uses the running statistics, behind the convolution's bias") {
  const Norm n(noise({1, 3, 4, 5}, 1, 2, 7));
  const Tensor residual = noise({1, 3, 4, 5}, 0, 1, 8);
  const Tensor y = batch_norm_inference(n.x, n.p, {.relu = true, .residual = Residual::after_relu}, residual);
  CHECK_FALSE(y.requires_grad());
  for (size_t i = 0; i < 60; ++i) {
    const size_t c = i % 5;
    const double z =
        (n.x.to_host()[i] + n.p.conv_bias.to_host()[c] - n.p.running_mean.to_host()[c]) / std::sqrt(2 + 1e-5);
    const double e = std::max(0.0, z * n.p.weight.to_host()[c] + n.p.bias.to_host()[c]) + residual.to_host()[i];
    CHECK(y.to_host()[i] == doctest::Approx(e).epsilon(1e-5));
  }
}

TEST_CASE("maps and parameters that do not fit are refused by name") {
  const Norm n(noise({1, 2, 2, 4}, 0, 1, 1));
  CHECK_THROWS_WITH_AS(batch_norm(n.x, n.p, {}, n.x), doctest::Contains("batch_norm: a residual map without"), Error);
  CHECK_THROWS_WITH_AS(batch_norm(n.x, n.p, {.residual = Residual::before_relu}), doctest::Contains("is missing"),
                       Error);
  CHECK_THROWS_WITH_AS(batch_norm(noise({1, 2, 2, 3}, 0, 1, 1), n.p, {}),
                       doctest::Contains("expected weight f32 [3], got f32 [4]"), Error);
  CHECK_THROWS_AS(batch_norm(Tensor::zeros({2, 4}), n.p, {}), Error);
}

TEST_CASE("the number of threads does not change a bit") {
  const auto run = [](int threads, DType dtype) {
    omp_set_num_threads(threads);
    const Norm n(cast(noise({2, 61, 67, 24}, 1, 2, 11), dtype));
    const Tensor bias = noise({24}, 0, 1, 12), weight = noise({24, 1, 1, 48}, 0, 0.3f, 13);
    std::array<Tensor, 4> stages;
    for (Tensor& s : stages) s = noise({6, 1, 1, 24}, 0, 0.3f, 14), s.set_requires_grad();
    bias.set_requires_grad();
    const Tensor y = max_pool(pyramid_pool(batch_norm(n.x, n.p, {.relu = true}), stages, weight, bias), 3, 2, 1);
    std::vector<uint8_t> target(static_cast<size_t>(y.size()));
    for (size_t i = 0; i < target.size(); ++i) target[i] = i % 3 == 0;
    const Tensor loss = pixel_loss(y, Tensor::from(y.shape(), target), {.focal = 5, .dice = 1});
    std::vector<float> all = loss.to_host();
    loss.backward();
    for (const Tensor& t : {n.x, n.p.weight, n.p.bias, bias, stages[0], stages[3]}) {
      for (const float g : t.grad().to_host()) all.push_back(g);
    }
    return all;
  };
  const int before = omp_get_max_threads();
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const std::vector<float> one = run(1, dtype);
    CHECK(run(2, dtype) == one);
    CHECK(run(5, dtype) == one);
  }
  omp_set_num_threads(before);
}
