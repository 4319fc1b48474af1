// Every convolution algorithm against plain loops, at every instruction set of this machine.
#include "tests/support/conv_compare.h"
#include "tests/support/cpu_levels.h"

using namespace ppl;

namespace {

// Where plain loops are slow too, one shape of so many.
size_t shapes_here() { return cpu_level() == cpu_levels().back() ? 1 : 7; }

}  // namespace

// oneDNN's own code is the same at every level.
TEST_CASE("conv: direct equals plain loops") { compare_all(ConvAlgorithm::direct, {1e-5, 1e-2}); }
TEST_CASE("conv: winograd equals plain loops") {
  at_every_level([] { compare_all(ConvAlgorithm::winograd, {2e-6, 5e-3}, shapes_here()); });
}
TEST_CASE("conv: narrow equals plain loops") {
  at_every_level([] { compare_all(ConvAlgorithm::narrow, {1e-5, 1e-2}, shapes_here()); });
}
TEST_CASE("conv: automatic equals plain loops") { compare_all(ConvAlgorithm::automatic, {1e-5, 1e-2}); }

TEST_CASE("conv: what is not a number goes through every algorithm's ReLU") {
  at_every_level([] {
    for (const auto algorithm : {ConvAlgorithm::plain, ConvAlgorithm::winograd, ConvAlgorithm::narrow}) {
      const Conv p = make(1, 8, 8, 32, algorithm == ConvAlgorithm::narrow ? 2 : 32, 3, 1, 1);
      if (!conv_serves(algorithm, ConvKind::forward, p, false)) continue;
      CAPTURE(static_cast<int>(algorithm));
      auto x = noise<float>(size_t(p.h) * p.w * p.c, 1);
      x[0] = NAN;
      const auto w = noise<float>(size_t(p.k) * 9 * p.c, 2);
      std::vector<float> y(size_t(p.h) * p.w * p.k), dx(x.size());
      conv_forward<float>(CpuContext::current(), p, x.data(), w.data(), {nullptr, nullptr, true}, y.data(), nullptr,
                          algorithm);
      CHECK(std::isnan(y[0]));
      if (!conv_serves(algorithm, ConvKind::backward_data, p, false)) continue;
      y[0] = NAN;
      conv_backward_data<float>(CpuContext::current(), p, y.data(), w.data(), {nullptr, nullptr, true}, dx.data(),
                                nullptr, algorithm);
      CHECK(std::isnan(dx[0]));
    }
  });
}

TEST_CASE("what computed a convolution is noted, and plain loops are warned of") {
  const Conv p = make(1, 8, 8, 32, 32, 3, 1, 1);
  const auto x = noise<float>(size_t(p.h) * p.w * p.c, 1), w = noise<float>(size_t(p.k) * 9 * p.c, 2);
  std::vector<float> y(size_t(p.h) * p.w * p.k);
  const auto run = [&](ConvAlgorithm a) {
    conv_forward<float>(CpuContext::current(), p, x.data(), w.data(), {}, y.data(), nullptr, a);
  };
  forget_conv_runs();
  run(ConvAlgorithm::winograd);
  run(ConvAlgorithm::winograd);
  REQUIRE(conv_runs().size() == 1);
  CHECK(conv_runs()[0].by == "winograd");
  CHECK(conv_runs()[0].calls == 2);
  CHECK(plain_conv_warning(conv_runs()).empty());
  run(ConvAlgorithm::plain);
  CHECK(conv_runs().size() == 2);
  CHECK(plain_conv_warning(conv_runs()) ==
        "1 of 2 kinds of convolution (33.3 % of the work) are computed by plain kernels, which are slow; the largest: "
        "3x3 32-32 forward f32 of 1 x 8 x 8");
}

TEST_CASE("scratch memory after one that could not be had") {
  CpuContext ctx;
  CHECK(ctx.scratch<char>(CpuSlot::product, 1000) != nullptr);
  CHECK_THROWS_AS(ctx.scratch<char>(CpuSlot::product, size_t{1} << 62), OutOfMemory);
  CHECK_THROWS_AS(ctx.scratch<char>(CpuSlot::product, SIZE_MAX - 10), OutOfMemory);
  char* again = ctx.scratch<char>(CpuSlot::product, 500);
  REQUIRE(again != nullptr);
  std::fill_n(again, 500, 'x');
  CHECK(ctx.intact());
  again[-1] = 'x';
  CHECK_FALSE(ctx.intact());
}

TEST_CASE("an instruction set that cannot run here is refused, with those that can") {
  const std::string best = cpu_levels().back();
  for (const char* name : {"sse9", "", "AVX2"}) {
    try {
      use_cpu_level(name);
      FAIL(name);
    } catch (const Error& e) {
      CHECK(std::string(e.what()).find(best) != std::string::npos);
    }
    CHECK(cpu_level() == best);
  }
}

TEST_CASE("conv: plain loops add bias and residual, then ReLU") {
  for (const Conv& p : {make(2, 7, 8, 5, 7, 3, 2, 1), make(1, 5, 4, 17, 3, 1, 1, 0)}) {
    compare<float>(p, ConvAlgorithm::plain, {1e-6, 5e-3});
    compare<bf16>(p, ConvAlgorithm::plain, {1e-6, 5e-3});
  }
}

TEST_CASE("conv: packed weights serve maps of every size and thread count without growing") {
  PackedWeights packed;
  const auto w = noise<float>(48 * 9 * 32, 2);
  const int threads = omp_get_max_threads();
  for (const ConvAlgorithm algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd}) {
    for (int size = 8; size < 20; ++size) {
      const Conv p = make(1 + size % 2, size, 30 - size, 32, 48, 3, 1, 1);
      if (!conv_serves(algorithm, ConvKind::forward, p, false)) continue;
      omp_set_num_threads(1 + size % 3);
      const auto x = noise<float>(size_t(p.n) * p.h * p.w * p.c, 1);
      std::vector<float> y(size_t(p.n) * p.oh * p.ow * p.k), expected(y.size());
      conv_plain::forward<float>(p, x.data(), w.data(), {}, expected.data());
      conv_forward<float>(CpuContext::current(), p, x.data(), w.data(), {}, y.data(), &packed, algorithm);
      CHECK(error(y, expected) <= 1e-5);
    }
  }
  omp_set_num_threads(threads);
  CHECK(packed.impl->entries.size() <= 2);
}

TEST_CASE("conv: the weight gradients that oneDNN 2 gets wrong are never asked of it") {
  const Conv map = make(1, 8, 512, 32, 32, 3, 1, 1), narrow = make(1, 3, 1, 32, 32, 3, 2, 1);
  using conv_direct::is_wrong;
  CHECK(is_wrong(2, true, ConvKind::backward_weights, true, map));
  CHECK(is_wrong(2, false, ConvKind::backward_weights, true, narrow));
  CHECK_FALSE(is_wrong(2, false, ConvKind::backward_weights, true, map));
  for (const Conv& p : {map, narrow}) {
    CHECK_FALSE(is_wrong(2, true, ConvKind::backward_weights, false, p));
    CHECK_FALSE(is_wrong(2, true, ConvKind::forward, true, p));
    CHECK_FALSE(is_wrong(2, true, ConvKind::backward_data, true, p));
    CHECK_FALSE(is_wrong(3, true, ConvKind::backward_weights, true, p));
  }
}

TEST_CASE("conv: a small case by hand") {
  // 1x3 map, window 3x3 with 1..9, pad 1: only the middle row of the window meets the map.
  const Conv p = make(1, 1, 3, 1, 1, 3, 1, 1);
  const std::vector<float> x{1, 10, 100}, w{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<float> y(3);
  conv_forward<float>(CpuContext::current(), p, x.data(), w.data(), {}, y.data(), nullptr, ConvAlgorithm::plain);
  CHECK(y == std::vector<float>{65, 654, 540});
  std::vector<float> dx(3);
  conv_backward_data<float>(CpuContext::current(), p, x.data(), w.data(), {}, dx.data(), nullptr, ConvAlgorithm::plain);
  CHECK(dx == std::vector<float>{45, 456, 560});
  std::vector<float> dw(9);
  conv_backward_weights<float>(CpuContext::current(), p, x.data(), x.data(), dw.data(), ConvAlgorithm::plain);
  CHECK(dw == std::vector<float>{0, 0, 0, 1010, 10101, 1010, 0, 0, 0});
}

namespace {

void check_threads() {
  CpuContext& ctx = CpuContext::current();
  const int threads = omp_get_max_threads();
  for (const Conv& p : {make(2, 70, 70, 32, 32, 3, 1, 1), make(1, 32, 32, 64, 64, 3, 1, 1),
                        make(2, 25, 27, 80, 672, 3, 1, 1), make(1, 33, 40, 32, 1, 3, 1, 1)}) {
    CAPTURE(name(p));
    const auto algorithm = p.k == 1 ? ConvAlgorithm::narrow : ConvAlgorithm::winograd;
    const auto x = noise<float>(size_t(p.n) * p.h * p.w * p.c, 1);
    const auto dy = noise<float>(size_t(p.n) * p.oh * p.ow * p.k, 2);
    const auto w = noise<float>(size_t(p.k) * p.r * p.s * p.c, 3);
    const auto run = [&](ConvKind kind, int count, PackedWeights* packed) {
      omp_set_num_threads(count);
      std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
      if (kind == ConvKind::forward) conv_forward<float>(ctx, p, x.data(), w.data(), {}, y.data(), packed, algorithm);
      if (kind == ConvKind::backward_data) {
        conv_backward_data<float>(ctx, p, dy.data(), w.data(), {}, dx.data(), packed, algorithm);
      }
      if (kind == ConvKind::backward_weights) {
        conv_backward_weights<float>(ctx, p, x.data(), dy.data(), dw.data(), algorithm);
      }
      omp_set_num_threads(threads);
      return kind == ConvKind::forward ? y : kind == ConvKind::backward_data ? dx : dw;
    };
    for (const auto kind : {ConvKind::forward, ConvKind::backward_data, ConvKind::backward_weights}) {
      if (!conv_serves(algorithm, kind, p, false)) continue;  // needs AVX-512
      PackedWeights packed;
      const auto one = run(kind, 1, nullptr);
      CHECK(one == run(kind, 3, nullptr));
      CHECK(one == run(kind, 2, &packed));
    }
  }
}

}  // namespace

TEST_CASE("conv: results depend neither on the number of threads nor on whether weights are kept") {
  at_every_level(check_threads);
}

TEST_CASE("conv: an algorithm that does not fit is refused") {
  const Conv p = make(1, 9, 9, 32, 32, 5, 1, 2);
  std::vector<float> v(32 * 32 * 25);
  for (const ConvAlgorithm a : {ConvAlgorithm::winograd, ConvAlgorithm::narrow}) {
    CHECK_THROWS_AS(conv_forward<float>(CpuContext::current(), p, v.data(), v.data(), {}, v.data(), nullptr, a), Error);
  }
}

TEST_CASE("conv: wrong extents are refused") {
  Conv p = make(1, 4, 4, 3, 3, 3, 1, 1);
  p.oh = 5;
  std::vector<float> v(1000);
  CHECK_THROWS_AS(conv_forward<float>(CpuContext::current(), p, v.data(), v.data(), {}, v.data()), Error);
}
