// The concatenated map is never made: a 1x1 convolution commutes with bilinear resizing, so the bottleneck's slices for
// the pooled maps are applied to the 50 cells, and only its slice for the map itself runs over all pixels.
#include "kernels/pyramid_pool.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "engine/trace.h"
#include "kernels/concat.h"
#include "kernels/matmul.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

constexpr size_t kGrids = kPyramidGrids.size();

struct Extents {
  PyramidPool in, out;  // over channels C, and over channels K
  Conv conv;            // 1x1, C -> K
  int64_t c, k, quarter;

  // Rows of a [50 n, ...] array that belong to a grid.
  int64_t first(size_t grid) const { return int64_t{kPyramidCellsBefore[grid]} * in.n; }
  int64_t rows(size_t grid) const { return int64_t{kPyramidGrids[grid]} * kPyramidGrids[grid] * in.n; }
};

Extents describe(const Tensor& x, const std::array<Tensor, 4>& stages, const Tensor& weight, const Tensor& bias) {
  check_map("pyramid_pool", x);
  const int64_t c = x.dim(3);
  PPL_CHECK(c % 4 == 0, "pyramid_pool: channels of ", to_string(x.shape()), " are not a multiple of 4");
  for (const Tensor& s : stages) check_parameter("pyramid_pool", "stage weight", s, {c / 4, 1, 1, c}, x.device());
  PPL_CHECK(weight.defined() && weight.rank() == 4, "pyramid_pool: the bottleneck's weight is missing");
  check_parameter("pyramid_pool", "weight", weight, {weight.dim(0), 1, 1, 2 * c}, x.device());
  check_parameter("pyramid_pool", "bias", bias, {weight.dim(0)}, x.device());
  const int n = extent(x, 0), h = extent(x, 1), w = extent(x, 2), ci = extent(x, 3), k = extent(weight, 0);
  Conv conv{.n = n, .h = h, .w = w, .c = ci, .oh = h, .ow = w, .k = k, .r = 1, .s = 1};
  return {{n, h, w, ci}, {n, h, w, k}, conv, c, k, c / 4};
}

struct Saved {
  Extents e;
  Tensor x, map_weight, y;  // the bottleneck's slice for the map [K,1,1,C], in x's type
  Tensor pooled, staged;    // cells after pooling [50 N, C] and after the stages [50 N, C/4]
  std::array<Tensor, 4> stages;
  Tensor weight, bias;
};

// Cells through stages and bottleneck slices: pooled -> staged -> [50 N, K].
template <class Context>
void cells_forward(Context& ctx, const Saved& s, float* out) {
  const Extents& e = s.e;
  for (size_t g = 0; g < kGrids; ++g) {
    const int64_t at = e.first(g), slice = static_cast<int64_t>(g) * e.quarter;
    float* staged = s.staged.data<float>() + at * e.quarter;
    matmul_transposed(ctx, {.m = e.rows(g), .n = e.quarter, .k = e.c, .a_row = e.c, .b_row = e.c, .c_row = e.quarter},
                      s.pooled.data<float>() + at * e.c, s.stages[g].data<float>(), staged);
    matmul_transposed(ctx,
                      {.m = e.rows(g), .n = e.k, .k = e.quarter, .a_row = e.quarter, .b_row = 2 * e.c, .c_row = e.k},
                      staged, s.weight.data<float>() + slice, out + at * e.k);
  }
}

// From the gradient of the cells behind the bottleneck to that of the pooled cells, stages and the bottleneck's slices.
template <class Context>
void cells_backward(Context& ctx, const Saved& s, const float* dout, const std::array<Tensor, 4>& dstages,
                    float* dweight, float* dpooled) {
  const Extents& e = s.e;
  const Tensor dstaged = Tensor::empty(s.staged.shape(), DType::f32, s.staged.device());
  for (size_t g = 0; g < kGrids; ++g) {
    const int64_t at = e.first(g), rows = e.rows(g), slice = static_cast<int64_t>(g) * e.quarter;
    const float *d = dout + at * e.k, *staged = s.staged.data<float>() + at * e.quarter;
    float* ds = dstaged.data<float>() + at * e.quarter;
    matmul(ctx,
           {.m = e.k, .n = e.quarter, .k = rows, .a_row = 1, .a_column = e.k, .b_row = e.quarter, .c_row = 2 * e.c}, d,
           staged, dweight + slice);
    matmul(ctx, {.m = rows, .n = e.quarter, .k = e.k, .a_row = e.k, .b_row = 2 * e.c, .c_row = e.quarter}, d,
           s.weight.data<float>() + slice, ds);
    matmul(ctx, {.m = e.quarter, .n = e.c, .k = rows, .a_row = 1, .a_column = e.quarter, .b_row = e.c, .c_row = e.c},
           ds, s.pooled.data<float>() + at * e.c, dstages[g].data<float>());
    matmul(ctx, {.m = rows, .n = e.c, .k = e.quarter, .a_row = e.quarter, .b_row = e.c, .c_row = e.c}, ds,
           s.stages[g].data<float>(), dpooled + at * e.c);
  }
}

template <class T>
std::vector<Tensor> backward(const Saved& s, const Tensor& dy) {
  const Extents& e = s.e;
  const Device device = dy.device();
  const Tensor dz = Tensor::empty(dy.shape(), dy.dtype(), device), dx = Tensor::empty(s.x.shape(), s.x.dtype(), device);
  const Tensor dout = Tensor::empty({kPyramidCells * e.in.n, e.k}, DType::f32, device);
  const Tensor dpooled = Tensor::empty(s.pooled.shape(), DType::f32, device);
  const Tensor dmap = Tensor::empty({e.k, 1, 1, e.c}, DType::f32, device);
  const Tensor dweight = gradient_target(s.weight), dbias = gradient_target(s.bias);
  std::array<Tensor, 4> dstages;
  for (size_t g = 0; g < kGrids; ++g) dstages[g] = gradient_target(s.stages[g]);
  const Tensor ones = Tensor::full({e.in.n}, 1.0f, DType::f32, device);
  on(device, [&](auto& ctx) {
    pyramid_resize_backward(ctx, e.out, dy.data<T>(), s.y.data<T>(), dz.data<T>(), dout.data<float>());
    // Grid 1 of dout holds the sum of dz over each image: [N, K] -> [K].
    matmul(ctx, {.m = 1, .n = e.k, .k = e.in.n, .a_row = e.in.n, .b_row = e.k, .c_row = e.k}, ones.data<float>(),
           dout.data<float>(), dbias.data<float>());
    cells_backward(ctx, s, dout.data<float>(), dstages, dweight.data<float>(), dpooled.data<float>());
    conv_backward_weights(ctx, e.conv, s.x.data<T>(), dz.data<T>(), dmap.data<float>());
    copy_channels(ctx, e.k, e.c, dmap.data<float>(), e.c, dweight.data<float>() + e.c, 2 * e.c);
    conv_backward_data(ctx, e.conv, dz.data<T>(), s.map_weight.data<T>(), Epilogue<T>{}, dx.data<T>());
    pyramid_pool_backward(ctx, e.in, dpooled.data<float>(), dx.data<T>());
  });
  return {dx, dstages[0], dstages[1], dstages[2], dstages[3], dweight, dbias};
}

}  // namespace

Tensor pyramid_pool(const Tensor& x, const std::array<Tensor, 4>& stages, const Tensor& weight, const Tensor& bias) {
  const ProfileRange range("pyramid_pool");
  const Extents e = describe(x, stages, weight, bias);
  const Device device = x.device();
  const Tensor y = Tensor::empty({x.dim(0), x.dim(1), x.dim(2), e.k}, x.dtype(), device);
  trace({.op = "pyramid_pool",
         .inputs = {x},
         .result = y,
         .weights = {stages[0], stages[1], stages[2], stages[3], weight, bias}});
  Saved s{e, x, {}, {}, {}, {}, stages, weight, bias};
  s.pooled = Tensor::empty({kPyramidCells * e.in.n, e.c}, DType::f32, device);
  s.staged = Tensor::empty({kPyramidCells * e.in.n, e.quarter}, DType::f32, device);
  const Tensor out = Tensor::empty({kPyramidCells * e.in.n, e.k}, DType::f32, device);
  const Tensor slice = Tensor::empty({e.k, 1, 1, e.c}, DType::f32, device);
  on(device,
     [&](auto& ctx) { copy_channels(ctx, e.k, e.c, weight.data<float>() + e.c, 2 * e.c, slice.data<float>(), e.c); });
  s.map_weight = [&] {
    const NoGrad off;
    return cast(slice, x.dtype());
  }();
  return with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(device, [&](auto& ctx) {
      pyramid_pool_forward(ctx, e.in, x.data<T>(), s.pooled.template data<float>());
      cells_forward(ctx, s, out.data<float>());
      conv_forward(ctx, e.conv, x.data<T>(), s.map_weight.template data<T>(), Epilogue<T>{}, y.data<T>());
      pyramid_resize_forward(ctx, e.out, out.data<float>(), bias.data<float>(), y.data<T>());
    });
    s.y = y.reshaped(y.shape());
    return record("pyramid_pool", {x, stages[0], stages[1], stages[2], stages[3], weight, bias}, y,
                  [s](const Tensor& dy) { return backward<T>(s, dy); });
  });
}

}  // namespace ppl
