// CUDA kernels that no op case runs, emulated, against the CPU's: optimizers, sums, views, thresholds. (Also compiled
// for a device: cuda_kernel_test.)
#include <doctest/doctest.h>

#include "kernels/adam.h"
#include "kernels/all_finite.h"
#include "kernels/clip.h"
#include "kernels/fill.h"
#include "kernels/lerp.h"
#include "kernels/ordered_sum.h"
#include "kernels/scale.h"
#include "kernels/sgd.h"
#include "kernels/sum_of_squares.h"
#include "kernels/views.h"
#include "tests/support/compare.h"
#include "tests/support/device/on_device.h"

using namespace ppl;

namespace {

constexpr int64_t kSizes[] = {1, 4, 1023, 5000};

}  // namespace

TEST_CASE("adam and sgd") {
  const std::vector<float> state{1e-2f, 0.1f, 1e-3f, 0.5f};
  const OnDevice<float> there(state);
  for (const int64_t n : kSizes) {
    CAPTURE(n);
    const auto size = static_cast<size_t>(n);
    std::vector<float> g = noise(size, 1), p = noise(size, 2), m = noise(size, 3), v = noise(size, 4);
    for (float& x : v) x = x * x;
    const OnDevice<float> dg(g), dp(p), dm(m), dv(v), sp(p), sb(m);
    std::vector<float> q = p, b = m;
    for (const bool decoupled : {false, true}) {
      const AdamOptions o{.weight_decay = 0.1f, .decoupled = decoupled};
      adam(cpu(), o, n, state.data(), g.data(), p.data(), m.data(), v.data());
      adam(cuda(), o, n, there.data, dg.data, dp.data, dm.data, dv.data);
      CHECK(compare(dp.host(), p).error < 1e-6);
      CHECK(compare(dm.host(), m).error < 1e-6);
      CHECK(compare(dv.host(), v).error < 1e-6);
    }
    sgd(cpu(), {.weight_decay = 0.1f}, n, state.data(), g.data(), q.data(), b.data());
    sgd(cuda(), {.weight_decay = 0.1f}, n, there.data, dg.data, sp.data, sb.data);
    CHECK(compare(sp.host(), q).error < 1e-6);
    CHECK(compare(sb.host(), b).error < 1e-6);
  }
}

TEST_CASE("sum of squares, scale and fill") {
  for (const int64_t n : kSizes) {
    CAPTURE(n);
    const auto size = static_cast<size_t>(n);
    const std::vector<float> x = noise(size, 5);
    const OnDevice<float> there(x), factor({3.0f}), other(x);
    const OnDevice<double> result({0.0});
    double expected = 0;
    sum_of_squares(cpu(), n, x.data(), &expected);
    sum_of_squares(cuda(), n, there.data, result.data);
    CHECK(result.host()[0] == doctest::Approx(expected).epsilon(1e-6));
    scale(cuda(), n, factor.data, there.data, other.data);
    const std::vector<float> scaled = other.host();
    for (size_t i = 0; i < size; ++i) CHECK(scaled[i] == 3 * x[i]);
    fill(cuda(), n, 7.0f, other.data);
    CHECK(other.host() == std::vector<float>(size, 7.0f));
    const OnDevice<uint8_t> bytes(std::vector<uint8_t>(size, 1));
    fill(cuda(), n, uint8_t{9}, bytes.data);
    CHECK(bytes.host() == std::vector<uint8_t>(size, 9));
  }
}

TEST_CASE("all finite, wherever the one that is not stands") {
  const OnDevice<float> result({7.0f});
  for (const int64_t n : kSizes) {
    CAPTURE(n);
    std::vector<float> x = noise(static_cast<size_t>(n), 11);
    x[0] = 3e38f;
    x.back() = -3e38f;
    for (const float bad : {0.0f, std::nanf(""), INFINITY, -INFINITY}) {
      for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
        std::vector<float> y = x;
        y[static_cast<size_t>(at)] = bad;
        const OnDevice<float> there(y);
        float expected = 7;
        all_finite(cpu(), n, y.data(), &expected);
        CHECK(expected == (bad == 0));
        all_finite(cuda(), n, there.data, result.data);
        CHECK(result.host()[0] == expected);
      }
    }
  }
}

TEST_CASE("the factor that clips, to the bit") {
  const OnDevice<float> result({7.0f});
  for (const double squares : {0.0, 0.3, 4.0, 1e12, static_cast<double>(INFINITY)}) {
    const OnDevice<double> there({squares});
    float expected = 7;
    clip(cpu(), 0.7, &squares, &expected);
    clip(cuda(), 0.7, there.data, result.data);
    CHECK(expected == static_cast<float>(std::min(1.0, 0.7 / (std::sqrt(squares) + 1e-6))));
    CHECK(result.host()[0] == expected);
  }
}

TEST_CASE("lerp, to the bit") {
  for (const int64_t n : kSizes) {
    CAPTURE(n);
    const auto size = static_cast<size_t>(n);
    const std::vector<float> x = noise(size, 9);
    std::vector<float> y = noise(size, 10);
    const OnDevice<float> dx(x), dy(y);
    for (const float share : {0.9f, 1e-3f}) {
      lerp(cpu(), n, share, x.data(), y.data());
      lerp(cuda(), n, share, dx.data, dy.data);
      CHECK(dy.host() == y);
    }
  }
}

TEST_CASE_TEMPLATE("views, padding, cropping, mean probabilities", T, float, bf16) {
  const MapSize s{2, 5, 7, 3};
  const size_t size = 2 * 5 * 7 * 3;
  const std::vector<T> x = noise_as<T>(size, 6);
  const OnDevice<T> dx(x), dy(x);
  for (int v = 0; v < kViews; ++v) {
    CAPTURE(v);
    std::vector<T> y(size);
    view(cpu(), v, s, x.data(), y.data());
    view(cuda(), v, s, dx.data, dy.data);
    CHECK(widened(dy.host()) == widened(y));
    std::vector<float> p = noise(size, 7);
    const OnDevice<float> dp(p);
    accumulate_view(cpu(), v, s, 0.5f, x.data(), p.data());
    accumulate_view(cuda(), v, s, 0.5f, dx.data, dp.data);
    CHECK(compare(dp.host(), p).error < 1e-6);
  }
  std::vector<T> wide(2 * 14 * 20 * 3), narrow(2 * 2 * 3 * 3);
  const OnDevice<T> dwide(wide), dnarrow(narrow);
  reflect_pad(cpu(), s, 6, 8, 14, 20, x.data(), wide.data());
  reflect_pad(cuda(), s, 6, 8, 14, 20, dx.data, dwide.data);
  CHECK(widened(dwide.host()) == widened(wide));
  crop(cpu(), s, 1, 4, 2, 3, x.data(), narrow.data());
  crop(cuda(), s, 1, 4, 2, 3, dx.data, dnarrow.data);
  CHECK(widened(dnarrow.host()) == widened(narrow));
  CHECK_THROWS_AS(crop(cuda(), s, 4, 4, 2, 3, dx.data, dnarrow.data), Error);
  CHECK_THROWS_AS(view(cuda(), 8, s, dx.data, dy.data), Error);
}

TEST_CASE("threshold") {
  std::vector<float> p = noise(1001, 8);
  p[3] = 0.25f;
  p[4] = std::nanf("");
  std::vector<uint8_t> mask(p.size());
  const OnDevice<float> dp(p);
  const OnDevice<uint8_t> dmask(mask);
  threshold(cpu(), 1001, 0.25f, 255, p.data(), mask.data());
  threshold(cuda(), 1001, 0.25f, 255, dp.data, dmask.data);
  CHECK(dmask.host() == mask);
}

TEST_CASE_TEMPLATE("sums in the order of the parts, to the bit", T, float, bf16) {
  for (const int64_t n : kSizes) {
    for (const int parts : {1, 2, 5}) {
      CAPTURE(n);
      CAPTURE(parts);
      const auto size = static_cast<size_t>(n);
      const std::vector<T> x = noise_as<T>(size * static_cast<size_t>(parts), 9);
      std::vector<float> expected(size);
      for (size_t i = 0; i < size; ++i) {
        float sum = 0;
        for (size_t at = i; at < x.size(); at += size) sum += static_cast<float>(x[at]);
        expected[i] = static_cast<float>(T(sum));
      }
      std::vector<T> here(size);
      ordered_sum(cpu(), n, parts, x.data(), here.data());
      CHECK(widened(here) == expected);
      const OnDevice<T> dx(x), dy(here);
      zero_on_device(dy.data, size * sizeof(T));
      ordered_sum(cuda(), n, parts, dx.data, dy.data);
      CHECK(widened(dy.host()) == expected);
      ordered_sum(cuda(), n, parts, dx.data, dx.data);  // in place of the first
      std::vector<T> first = dx.host();
      first.resize(size);
      CHECK(widened(first) == expected);
    }
  }
}
