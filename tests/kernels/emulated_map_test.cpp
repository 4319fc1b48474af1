// Parts of ops on CUDA, emulated, that their op cases do not show: running statistics, norms in evaluation, single
// launchers with odd strides, numbers that are not finite, targets that mean nothing. (Also compiled for a device:
// cuda_kernel_test.)
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "kernels/batch_norm.h"
#include "kernels/bias_relu.h"
#include "kernels/cast.h"
#include "kernels/concat.h"
#include "kernels/matmul.h"
#include "kernels/max_pool.h"
#include "kernels/normalise.h"
#include "kernels/pixel_loss.h"
#include "kernels/relu.h"
#include "kernels/scale.h"
#include "kernels/sigmoid.h"
#include "tests/support/compare.h"
#include "tests/support/device/on_device.h"

using namespace ppl;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// As doctest compares: NaN where NaN is expected.
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const float x = a[i], y = b[i];
    if (std::isnan(x) != std::isnan(y) || (!std::isnan(x) && x != y)) return false;
  }
  return true;
}

// Noise with values at its ends and middle that are not finite.
template <class T>
std::vector<T> broken(size_t n, unsigned seed) {
  std::vector<T> v = noise_as<T>(n, seed);
  v[0] = T(kNan), v[n / 3] = T(kInfinity), v[n / 2] = T(-kInfinity), v[n - 1] = T(kNan);
  return v;
}

}  // namespace

TEST_CASE("running statistics, and what evaluation takes from them") {
  for (const int64_t c : {1, 3, 33, 64}) {
    for (const int64_t pixels : {1, 2, 100}) {
      CAPTURE(c);
      CAPTURE(pixels);
      const auto n = static_cast<size_t>(c);
      const BatchNorm s{pixels, c, false, false};
      const std::vector<float> mean = noise(n, 1), shift = noise(n, 2);
      std::vector<float> variance = noise(n, 3), running_mean = noise(n, 4), running_variance(n, 0.7f), inverse(n);
      for (float& v : variance) v *= v;
      const OnDevice<float> dm(mean), dv(variance), ds(shift), drm(running_mean), drv(running_variance), di(inverse);
      for (const bool shifted : {true, false}) {
        batch_norm_update(cpu(), s, 0.1f, 1e-5f, mean.data(), variance.data(), shifted ? shift.data() : nullptr,
                          running_mean.data(), running_variance.data(), inverse.data());
        batch_norm_update(cuda(), s, 0.1f, 1e-5f, dm.data, dv.data, shifted ? ds.data : nullptr, drm.data, drv.data,
                          di.data);
        CHECK(compare(drm.host(), running_mean).error < 3e-7);
        CHECK(compare(drv.host(), running_variance).error < 3e-7);
        CHECK(compare(di.host(), inverse).error < 3e-7);
        std::vector<float> of_mean(n), of_deviation(n);
        const OnDevice<float> dof_mean(of_mean), dof_deviation(of_deviation);
        batch_norm_running(cpu(), s, 1e-5f, running_mean.data(), running_variance.data(),
                           shifted ? shift.data() : nullptr, of_mean.data(), of_deviation.data());
        batch_norm_running(cuda(), s, 1e-5f, drm.data, drv.data, shifted ? ds.data : nullptr, dof_mean.data,
                           dof_deviation.data);
        CHECK(compare(dof_mean.host(), of_mean).error < 1e-6);
        CHECK(compare(dof_deviation.host(), of_deviation).error < 1e-6);
      }
    }
  }
}

TEST_CASE_TEMPLATE("the way back through bias and ReLU", T, float, bf16) {
  for (const int64_t c : {1, 3, 5, 33, 64}) {
    for (const int64_t pixels : {1, 700}) {
      CAPTURE(c);
      CAPTURE(pixels);
      const auto n = static_cast<size_t>(pixels * c);
      const std::vector<T> dy = noise_as<T>(n, 1), y = noise_as<T>(n, 2);
      const OnDevice<T> ddy(dy), dyy(y);
      for (const bool relu : {true, false}) {
        std::vector<T> dz(n);
        std::vector<float> dbias(static_cast<size_t>(c));
        const OnDevice<T> ddz(dz);
        const OnDevice<float> ddbias(dbias);
        bias_relu_backward(cpu(), pixels, c, dy.data(), relu ? y.data() : nullptr, dz.data(), dbias.data());
        bias_relu_backward(cuda(), pixels, c, ddy.data, relu ? dyy.data : nullptr, ddz.data, ddbias.data);
        if (relu) CHECK(same(ddz.host(), dz));
        CHECK(compare(ddbias.host(), dbias).error < 2e-6);
      }
    }
  }
}

TEST_CASE("matrix products of every stride that pyramid pooling asks for") {
  for (const auto& [m, n, k] :
       {std::array{1, 1, 1}, std::array{3, 33, 5}, std::array{50, 16, 64}, std::array{7, 130, 1}}) {
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(k);
    const auto size = [](int64_t a, int64_t b) { return static_cast<size_t>(a * b); };
    const int64_t pad = 3;  // between rows
    const std::vector<float> a = noise(size(m + pad, k + pad), 1), b = noise(size(n + k + pad, n + k + pad), 2);
    const std::vector<float> zero(size(m, n + pad));
    const OnDevice<float> da(a), db(b);
    for (const bool across : {false, true}) {  // a as it lies, or transposed
      const Matmul s{m, n, k, across ? 1 : k + pad, across ? m + pad : 1, n + pad, n + pad};
      Matmul t = s;
      t.b_row = k + pad;
      const auto judge = [&](const Matmul& shape, auto&& multiply) {
        std::vector<float> c = zero;
        const OnDevice<float> dc(c);
        multiply(cpu(), shape, a.data(), b.data(), c.data());
        multiply(cuda(), shape, da.data, db.data, dc.data);
        CHECK(compare(dc.host(), c).error < 1e-6);
      };
      judge(s, [](auto& ctx, const Matmul& x, const float* p, const float* q, float* r) { matmul(ctx, x, p, q, r); });
      if (across) continue;  // not offered there
      judge(t, [](auto& ctx, const Matmul& x, const float* p, const float* q, float* r) {
        matmul_transposed(ctx, x, p, q, r);
      });
    }
  }
}

TEST_CASE("casts, also of what is not finite, and copies") {
  for (const size_t n : {1u, 8u, 1001u}) {
    const std::vector<float> wide = n > 3 ? broken<float>(n, 1) : noise(n, 1);
    const std::vector<bf16> narrow = noise_as<bf16>(n, 2);
    const std::vector<uint8_t> bytes(n, 200);
    std::vector<bf16> rounded(n), copied(n);
    const OnDevice<float> dwide(wide), dwidened(wide);
    const OnDevice<bf16> dnarrow(narrow), drounded(rounded), dcopied(copied);
    const OnDevice<uint8_t> dbytes(bytes), dcopied_bytes(std::vector<uint8_t>(n, 0));
    cast(cpu(), static_cast<int64_t>(n), wide.data(), rounded.data());
    cast(cuda(), static_cast<int64_t>(n), dwide.data, drounded.data);
    CHECK(same(drounded.host(), rounded));
    cast(cuda(), static_cast<int64_t>(n), dnarrow.data, dwidened.data);
    CHECK(dwidened.host() == widened(narrow));
    cast(cuda(), static_cast<int64_t>(n), dnarrow.data, dcopied.data);
    CHECK(same(dcopied.host(), narrow));
    cast(cuda(), static_cast<int64_t>(n), dbytes.data, dcopied_bytes.data);
    CHECK(dcopied_bytes.host() == bytes);
  }
}

TEST_CASE_TEMPLATE("channels of a wide map", T, float, bf16) {
  for (const auto& [channels, wide] :
       {std::array{1, 1}, std::array{5, 13}, std::array{16, 21}, std::array{16, 64}, std::array{64, 72}}) {
    constexpr int64_t kPixels = 37;
    const std::vector<T> x = noise_as<T>(static_cast<size_t>(kPixels * wide), 1);
    std::vector<T> y(static_cast<size_t>(kPixels * channels));
    const OnDevice<T> dx(x), dy(y);
    copy_channels(cpu(), kPixels, channels, x.data() + wide - channels, wide, y.data(), channels);
    copy_channels(cuda(), kPixels, channels, dx.data + wide - channels, wide, dy.data, channels);
    CHECK(same(dy.host(), y));
  }
}

TEST_CASE_TEMPLATE("what is not finite goes through", T, float, bf16) {
  const size_t n = 4 * 7 * 9 * 3;
  const auto count = static_cast<int64_t>(n);
  const std::vector<T> x = broken<T>(n, 1);
  std::vector<T> y(n);
  const OnDevice<T> dx(x), dy(y);
  relu(cpu(), count, x.data(), y.data());
  relu(cuda(), count, dx.data, dy.data);
  CHECK(same(dy.host(), y));
  CHECK(std::isnan(static_cast<float>(y[0])));
  sigmoid(cpu(), count, x.data(), y.data());
  sigmoid(cuda(), count, dx.data, dy.data);
  CHECK(std::isnan(static_cast<float>(dy.host()[0])));
  CHECK(static_cast<float>(dy.host()[n / 3]) == 1);
  CHECK(static_cast<float>(dy.host()[n / 2]) == 0);
  const OnDevice<float> factor({-0.5f});
  const float half = -0.5f;
  scale(cpu(), count, &half, x.data(), y.data());
  scale(cuda(), count, factor.data, dx.data, dy.data);
  CHECK(same(dy.host(), y));
  const MaxPool p{4, 7, 9, 3, 4, 5, 3, 2, 1};
  std::vector<T> pooled(4 * 4 * 5 * 3);
  std::vector<uint8_t> where(pooled.size());
  const OnDevice<T> dpooled(pooled);
  const OnDevice<uint8_t> dwhere(where);
  max_pool_forward(cpu(), p, x.data(), pooled.data(), where.data());
  max_pool_forward(cuda(), p, dx.data, dpooled.data, dwhere.data);
  CHECK(same(dpooled.host(), pooled));
  CHECK(dwhere.host() == where);
}

TEST_CASE_TEMPLATE("losses of extreme logits, of nothing, and of targets that mean nothing", T, float, bf16) {
  const PixelLoss o{.focal = 5, .bce = 0.3f, .dice = 1, .focal_full_gradient = true};
  const auto run = [&](const std::vector<float>& logits, const std::vector<uint8_t>& target) {
    std::vector<T> x;
    for (const float v : logits) x.push_back(T(v));
    const OnDevice<T> dx(x), dg(x);
    const OnDevice<uint8_t> dt(target);
    const OnDevice<float> loss({7.0f});
    pixel_loss(cuda(), o, 1, static_cast<int64_t>(x.size()), dx.data, dt.data, loss.data, dg.data);
    std::vector<float> all = widened(dg.host());
    all.push_back(loss.host()[0]);
    return all;
  };
  const std::vector<float> x{200, -200, 200, -200, 1e30f, -1e30f, 17, -17, 0, 90, -90, 103.9f};
  for (const float v : run(x, {1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0})) CHECK(std::isfinite(v));
  for (const float v : run(x, std::vector<uint8_t>(12, 255))) CHECK(v == 0);
  CHECK(std::isnan(run(x, {1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 2}).back()));
  CHECK(std::isnan(run({kNan, 1}, {1, 0}).back()));
}

TEST_CASE_TEMPLATE("bytes through a table for each band, and 0 where there is no data: the CPU's bits", T, float,
                   bf16) {
  std::mt19937 random(3);
  for (const int bands : {1, 3, 4, 8}) {
    const auto channels = static_cast<size_t>(bands);
    const std::vector<float> tables = noise(256 * channels, 1);
    for (const size_t pixels : {size_t{1}, size_t{77}, size_t{40000}}) {
      CAPTURE(bands);
      CAPTURE(pixels);
      std::vector<uint8_t> x(pixels * channels + 1), valid(pixels);
      for (uint8_t& v : x) v = static_cast<uint8_t>(random());
      for (uint8_t& v : valid) v = random() % 3 > 0;
      const OnDevice<uint8_t> dx(x), dvalid(valid);
      const OnDevice<float> dtables(tables);
      for (const size_t first : {size_t{0}, size_t{1}}) {  // aligned, and not
        for (const bool whole : {true, false}) {
          std::vector<T> expected(pixels * channels), y = expected;
          for (size_t i = 0; i < expected.size(); ++i) {
            const bool there = whole || valid[i / channels];
            expected[i] = T(there ? tables[256 * (i % channels) + x[first + i]] : 0.0f);
          }
          const auto n = static_cast<int64_t>(pixels);
          normalise(cpu(), n, bands, x.data() + first, whole ? nullptr : valid.data(), tables.data(), y.data());
          CHECK(same(y, expected));
          const OnDevice<T> dy(std::vector<T>(expected.size(), T(kNan)));
          normalise(cuda(), n, bands, dx.data + first, whole ? nullptr : dvalid.data, dtables.data, dy.data);
          CHECK(same(dy.host(), expected));
        }
      }
    }
  }
}
