// 1x1 convolutions and matmul on the calls of cuBLASLt, which the emulation answers with plain loops, against our own
// kernels: shapes, transposes and leading dimensions.
#include <doctest/doctest.h>

#include "kernels/cuda/context.h"
#include "kernels/cuda/product_library.h"
#include "kernels/matmul.h"
#include "tests/support/compare.h"
#include "tests/support/device/eighths.h"

using namespace ppl;

namespace {

CudaContext& cuda() { return CudaContext::current(); }

struct ByLibrary {
  ByLibrary() { set_products_by_library(true); }
  ~ByLibrary() { set_products_by_library(false); }
};

constexpr Conv kPointwise{.n = 2, .h = 5, .w = 3, .c = 7, .oh = 5, .ow = 3, .k = 4, .r = 1, .s = 1};

}  // namespace

TEST_CASE_TEMPLATE("1x1 convolutions", T, float, bf16) {
  const Conv& s = kPointwise;
  const double tolerance = std::is_same_v<T, float> ? 1e-6 : 4e-3;
  const Eighths<T> x(2 * 15 * 7, 1), w(4 * 7, 2), y(2 * 15 * 4, 3), residual(2 * 15 * 4, 4);
  const Eighths<T> got(2 * 15 * 7), expected(2 * 15 * 7);
  const Eighths<float> bias(4, 5), dw(4 * 7), expected_dw(4 * 7);
  const Epilogue<T> epilogue{bias.data, residual.data, true};
  conv_forward(cuda(), s, x.data, w.data, epilogue, got.data, nullptr, ConvAlgorithm::product);
  conv_forward(cuda(), s, x.data, w.data, epilogue, expected.data, nullptr, ConvAlgorithm::plain);
  CHECK(compare(got.host(), expected.host()).error < tolerance);
  conv_backward_data(cuda(), s, y.data, w.data, {}, got.data, nullptr, ConvAlgorithm::product);
  conv_backward_data(cuda(), s, y.data, w.data, {}, expected.data, nullptr, ConvAlgorithm::plain);
  CHECK(compare(got.host(), expected.host()).error < tolerance);
  conv_backward_weights(cuda(), s, x.data, y.data, dw.data, ConvAlgorithm::product);
  conv_backward_weights(cuda(), s, x.data, y.data, expected_dw.data, ConvAlgorithm::plain);
  CHECK(compare(dw.host(), expected_dw.host()).error < 1e-6);
}

TEST_CASE("products are for 1x1 windows of stride 1, on CUDA, where they are wanted") {
  const Eighths<float> x(2 * 15 * 7, 1), w(4 * 7 * 9, 2), y(2 * 15 * 7);
  Conv strided = kPointwise, padded = kPointwise, wide = kPointwise;
  strided.stride = 2, strided.oh = 3, strided.ow = 2;
  padded.pad = 1, padded.oh = 7, padded.ow = 5;
  wide.r = wide.s = 3, wide.pad = 1;
  const ByLibrary on;
  for (const Conv& s : {strided, wide}) {
    CHECK_THROWS_AS(conv_forward(cuda(), s, x.data, w.data, {}, y.data, nullptr, ConvAlgorithm::product), Error);
    CHECK(!cuda_pointwise::forward(cuda(), s, x.data, w.data, y.data));
  }
  CHECK(!cuda_pointwise::backward_data(cuda(), padded, y.data, w.data, x.data));
  CHECK(cuda_pointwise::forward(cuda(), kPointwise, x.data, w.data, y.data));
  CHECK_THROWS_AS(conv_forward(cuda(), kPointwise, x.data, w.data, {}, y.data, nullptr, ConvAlgorithm::direct), Error);
}

TEST_CASE("matmul: both factors as they lie, rows apart") {
  struct Case {
    Matmul shape;
    bool transposed;
  };
  const Case cases[] = {{{.m = 3, .n = 5, .k = 4, .a_row = 6, .b_row = 7, .c_row = 8}, false},
                        {{.m = 3, .n = 5, .k = 4, .a_row = 1, .a_column = 6, .b_row = 7, .c_row = 8}, false},
                        {{.m = 3, .n = 5, .k = 4, .a_row = 6, .b_row = 7, .c_row = 8}, true}};
  const Eighths<float> a(64, 1), b(64, 2);
  for (const auto& [s, transposed] : cases) {
    CAPTURE(transposed);
    CAPTURE(s.a_column);
    const Eighths<float> got(64, 3), expected(64, 3);
    const auto run = [&, s = s, transposed = transposed](float* c) {
      transposed ? matmul_transposed(cuda(), s, a.data, b.data, c) : matmul(cuda(), s, a.data, b.data, c);
    };
    run(expected.data);
    const ByLibrary on;
    run(got.data);
    CHECK(compare(got.host(), expected.host()).error < 1e-6);
  }
}
