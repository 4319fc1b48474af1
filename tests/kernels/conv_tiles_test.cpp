// Products of bf16 by tiles, in plain C++ where the processor has none, and by dot products.
#include "kernels/cpu/conv_tiles.h"

#include "kernels/cpu_level.h"
#include "tests/support/conv_compare.h"

using namespace ppl;

namespace {

// The units that multiply pairs of bf16 here: dot products, tiles in plain C++, tiles.
std::vector<conv_tiles::Unit> tile_units() {
  if (!conv_tiles::available()) return {};
  if (cpu_level() != "amx") return {conv_tiles::Unit::dot, conv_tiles::Unit::emulated};
  return {conv_tiles::Unit::dot, conv_tiles::Unit::emulated, conv_tiles::Unit::tiles};
}

}  // namespace

TEST_CASE("conv: tiles equal plain loops, whatever multiplies") {
  for (const conv_tiles::Unit unit : tile_units()) {
    CAPTURE(static_cast<int>(unit));
    conv_tiles::use_unit(unit);
    compare_all(ConvAlgorithm::tiles, {1e-5, 1e-2}, unit == conv_tiles::Unit::emulated ? 5 : 1);
    for (const int stride : {1, 2, 3}) {
      for (const int dilation : {1, 2, 4})
        compare<bf16>(make(2, 13, 21, 33, 40, 5, stride, 3, dilation), ConvAlgorithm::tiles, {1e-5, 1e-2});
    }
    conv_tiles::use_unit(conv_tiles::Unit::automatic);
  }
}

TEST_CASE("conv: the tiles' products are summed as the processor does it") {
  if (!conv_tiles::available()) return;
  const Conv p = make(1, 1, 16, 64, 16, 1, 1, 0);
  auto x = noise<bf16>(16 * 64, 1), w = noise<bf16>(16 * 64, 2);
  for (size_t i = 0; i < x.size(); i += 7) x[i] = bf16(static_cast<float>(x[i]) * 1e-37f);  // also denormal sums
  for (size_t i = 0; i < w.size(); i += 5) w[i] = bf16(static_cast<float>(w[i]) * 1e-39f);
  const auto flush = [](float v) { return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0f, v) : v; };
  std::vector<bf16> expected(16 * 16), y(16 * 16);
  for (size_t pixel = 0; pixel < 16; ++pixel) {
    for (size_t k = 0; k < 16; ++k) {
      float sum = 0;
      for (size_t block = 0; block < 2; ++block) {
        float half[2] = {};
        for (size_t c = 0; c < 32; ++c) {
          const float a = x[pixel * 64 + block * 32 + c], b = w[k * 64 + block * 32 + c];
          half[c % 2] = flush(std::fma(flush(a), flush(b), half[c % 2]));
        }
        sum = flush(sum + flush(half[0] + half[1]));
      }
      expected[pixel * 16 + k] = bf16(sum);
    }
  }
  for (const conv_tiles::Unit unit : tile_units()) {
    if (unit == conv_tiles::Unit::dot) continue;
    conv_tiles::use_unit(unit);
    conv_forward<bf16>(CpuContext::current(), p, x.data(), w.data(), {}, y.data(), nullptr, ConvAlgorithm::tiles);
    conv_tiles::use_unit(conv_tiles::Unit::automatic);
    for (size_t i = 0; i < y.size(); ++i) CHECK(y[i].bits == expected[i].bits);
  }
}

TEST_CASE("conv: tiles' results depend neither on the number of threads nor on whether weights are kept") {
  if (!conv_tiles::available()) return;
  CpuContext& ctx = CpuContext::current();
  const int threads = omp_get_max_threads();
  for (const Conv& p : {make(2, 37, 50, 40, 70, 3, 1, 1), make(1, 29, 30, 64, 32, 4, 2, 1)}) {
    const auto x = noise<bf16>(size_t(p.n) * p.h * p.w * p.c, 1), dy = noise<bf16>(size_t(p.n) * p.oh * p.ow * p.k, 2);
    const auto w = noise<bf16>(size_t(p.k) * p.r * p.s * p.c, 3);
    std::vector<std::vector<float>> results;
    for (const int count : {1, 3, 2}) {
      omp_set_num_threads(count);
      PackedWeights packed;
      PackedWeights* kept = count == 2 ? &packed : nullptr;
      std::vector<bf16> y(dy.size()), dx(x.size());
      std::vector<float> dw(w.size());
      conv_forward<bf16>(ctx, p, x.data(), w.data(), {}, y.data(), kept, ConvAlgorithm::tiles);
      conv_backward_data<bf16>(ctx, p, dy.data(), w.data(), {}, dx.data(), kept, ConvAlgorithm::tiles);
      conv_backward_weights<bf16>(ctx, p, x.data(), dy.data(), dw.data(), ConvAlgorithm::tiles);
      results.insert(results.end(), {widen(y), widen(dx), dw});
    }
    omp_set_num_threads(threads);
    for (size_t i = 3; i < results.size(); ++i) CHECK(results[i] == results[i % 3]);
  }
}
