// What finite differences of the loss do not show: the published gradient (weights held constant), extreme logits,
// pixels that are ignored, wrong targets.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "engine/ops.h"

using namespace ppl;

namespace {

struct Outcome {
  float loss;
  std::vector<float> gradient;
};

Outcome run(const Shape& shape, const std::vector<float>& logits, const std::vector<uint8_t>& target,
            const PixelLoss& o) {
  const Tensor x = Tensor::from(shape, logits);
  x.set_requires_grad();
  const Tensor loss = pixel_loss(x, Tensor::from(shape, target), o);
  loss.backward();
  return {loss.item(), x.grad().to_host()};
}

PixelLoss focal(bool full, float gamma = 0.5f) {
  PixelLoss o;
  o.focal = 1;
  o.focal_full_gradient = full;
  o.gamma = gamma;
  return o;
}

PixelLoss dice() {
  PixelLoss o;
  o.dice = 1;
  return o;
}

}  // namespace

TEST_CASE("the published focal gradient takes the weights for constants") {
  std::mt19937 random(1);
  const size_t n = 3 * 37 * 5;
  std::vector<float> x(n);
  std::vector<uint8_t> t(n);
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(random() % 1000) / 100.0f - 5, t[i] = random() % 2;
  for (const float gamma : {0.5f, 0.0f, 1.0f, 2.0f, 1.7f}) {
    const Outcome r = run({3, 37, 5, 1}, x, t, focal(false, gamma));
    double loss = 0, difference = 0, norm = 0;
    for (size_t i = 0; i < n; ++i) {
      const double p = 1 / (1 + std::exp(-static_cast<double>(x[i]))), pt = t[i] ? p : 1 - p;
      const double w = (t[i] ? 0.25 : 0.75) * std::pow(1 - pt, gamma);
      loss -= w * std::log(pt) / n;
      difference += std::pow(r.gradient[i] - w * (p - t[i]) / n, 2), norm += std::pow(w * (p - t[i]) / n, 2);
    }
    CHECK(r.loss == doctest::Approx(loss).epsilon(1e-6));
    CHECK(std::sqrt(difference / norm) < 1e-6);
  }
}

TEST_CASE("extreme logits give finite losses and gradients") {
  const std::vector<float> x = {200, -200, 200, -200, 1e30f, -1e30f, 17, -17, 0, 90, -90, 103.9f};
  const std::vector<uint8_t> t = {1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0};
  for (const bool full : {false, true}) {
    for (const float gamma : {0.5f, 0.3f, 2.0f}) {
      const Outcome r = run({1, 3, 4, 1}, x, t, focal(full, gamma));
      CHECK(std::isfinite(r.loss));
      for (const float g : r.gradient) CHECK(std::isfinite(g));
      CHECK(r.gradient[2] == doctest::Approx(0.75 / 12));
      CHECK(r.gradient[3] == doctest::Approx(-0.25 / 12));
      CHECK(r.gradient[0] == 0);
    }
  }
  const Outcome d = run({1, 3, 4, 1}, x, t, dice());
  CHECK(std::isfinite(d.loss));
  for (const float g : d.gradient) CHECK(std::isfinite(g));
  const Outcome infinite = run({1, 1, 2, 1}, {INFINITY, -INFINITY}, {1, 0}, focal(true));
  CHECK(infinite.loss == 0);
  CHECK(infinite.gradient == std::vector<float>{0, 0});
  CHECK(std::isnan(run({1, 1, 1, 1}, {NAN}, {1}, focal(false)).loss));
}

TEST_CASE("small losses keep their relative accuracy") {
  const Outcome r = run({1, 1, 1, 1}, {40}, {1}, PixelLoss{.bce = 1});
  CHECK(r.loss == doctest::Approx(std::log1p(std::exp(-40.0))).epsilon(1e-6));
  CHECK(r.gradient[0] == doctest::Approx(-1 / (1 + std::exp(40.0))).epsilon(1e-6));
}

TEST_CASE("ignored pixels change nothing, and alone give zero") {
  std::vector<float> x = {0.5f, -1, 2, 7, 1, 3};
  const std::vector<uint8_t> t = {1, 0, 0, 255, 1, 255};
  for (const PixelLoss& o : {focal(true), focal(false), dice()}) {
    const Outcome a = run({1, 2, 3, 1}, x, t, o), b = run({1, 1, 4, 1}, {0.5f, -1, 2, 1}, {1, 0, 0, 1}, o);
    CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-7));
    CHECK(a.gradient[3] == 0);
    CHECK(a.gradient[5] == 0);
    CHECK(a.gradient[4] == doctest::Approx(b.gradient[3]).epsilon(1e-6));
    const Outcome none = run({1, 1, 3, 2}, x, std::vector<uint8_t>(6, 255), o);
    CHECK(none.loss == 0);
    CHECK(none.gradient == std::vector<float>(6));
  }
}

TEST_CASE("a factor on the loss reaches the gradient") {
  const Tensor x = Tensor::from({1, 1, 1, 2}, std::vector<float>{1, -2});
  x.set_requires_grad();
  const Tensor loss = pixel_loss(x, Tensor::from({1, 1, 1, 2}, std::vector<uint8_t>{0, 1}), {.bce = 1});
  add(loss, loss).backward();
  const double p = 1 / (1 + std::exp(-1.0)), q = 1 / (1 + std::exp(2.0));
  CHECK(x.grad().to_host()[0] == doctest::Approx(p));
  CHECK(x.grad().to_host()[1] == doctest::Approx(q - 1));
}

TEST_CASE("targets that mean nothing are refused") {
  const Tensor x = Tensor::zeros({1, 1, 1, 2});
  CHECK_THROWS_AS(pixel_loss(x, Tensor::from({1, 1, 1, 2}, std::vector<uint8_t>{0, 128}), {.bce = 1}), Error);
  CHECK_THROWS_AS(pixel_loss(x, Tensor::from({1, 1, 2, 1}, std::vector<uint8_t>{0, 1}), {.bce = 1}), Error);
  CHECK_THROWS_AS(pixel_loss(x, Tensor::zeros({1, 1, 1, 2}), {.bce = 1}), Error);
}
