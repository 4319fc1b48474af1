// The two steps that fusion_bench holds cuDNN's graphs against, emulated, beside the graphs' own arithmetic: their
// descriptions carried out step by step in f64.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "bench/fusion/two_steps.h"

using namespace ppl;

namespace {

using Values = std::vector<double>;

// Each result (n, y, x, k) of a convolution with the inputs and the weights that it is made of: body(y, x, w).
template <class Body>
void for_products(const Conv& s, const Body& body) {
  for (int n = 0; n < s.n; ++n)
    for (int y = 0; y < s.oh; ++y)
      for (int x = 0; x < s.ow; ++x)
        for (int r = 0; r < s.r; ++r)
          for (int q = 0; q < s.s; ++q) {
            const int from_y = y * s.stride.y - s.pad.y + r * s.dilation.y,
                      from_x = x * s.stride.x - s.pad.x + q * s.dilation.x;
            if (from_y < 0 || from_y >= s.h || from_x < 0 || from_x >= s.w) continue;
            for (int k = 0; k < s.k; ++k)
              for (int c = 0; c < s.c; ++c)
                body(static_cast<size_t>(((n * s.oh + y) * s.ow + x) * s.k + k),
                     static_cast<size_t>(((n * s.h + from_y) * s.w + from_x) * s.c + c),
                     static_cast<size_t>(((k * s.r + r) * s.s + q) * s.c + c));
          }
}

// What norm_sums stands for, in cuDNN's words: dx = a dz + b x + c.
void norm_sums(const std::vector<Values*>& in, const std::vector<Values*>& out) {
  const Values &dz = *in[0], &x = *in[1], &mean = *in[2], &inverse_std = *in[3], &weight = *in[4];
  const size_t channels = mean.size();
  const double pixels = static_cast<double>(dz.size() / channels);
  for (size_t i = 0; i < dz.size(); ++i) {
    const size_t ch = i % channels;
    (*out[0])[ch] += dz[i] * (x[i] - mean[ch]) * inverse_std[ch];
    (*out[1])[ch] += dz[i];
  }
  for (size_t ch = 0; ch < channels; ++ch) {
    const double scale = weight[ch] * inverse_std[ch], slope = (*out[0])[ch] * inverse_std[ch] / pixels;
    (*out[2])[ch] = scale, (*out[3])[ch] = -scale * slope;
    (*out[4])[ch] = scale * (slope * mean[ch] - (*out[1])[ch] / pixels);
  }
}

double one(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::add:
      return a + b;
    case Operation::subtract:
      return a - b;
    case Operation::multiply:
      return a * b;
    case Operation::relu:
      return a < 0 ? 0 : a;
    default:  // relu_backward
      return b > 0 ? a : 0;
  }
}

void carry_out(const Conv& s, const FusionStep& step, std::vector<Values>& tensors) {
  std::vector<Values*> in, out;
  for (const size_t t : step.in) in.push_back(&tensors[t]);
  for (const size_t t : step.out) out.push_back(&tensors[t]);
  Values& result = *out[0];
  switch (step.operation) {
    case Operation::convolve:
      return for_products(s, [&](size_t y, size_t x, size_t w) { result[y] += (*in[0])[x] * (*in[1])[w]; });
    case Operation::input_gradient:
      return for_products(s, [&](size_t y, size_t x, size_t w) { result[x] += (*in[0])[y] * (*in[1])[w]; });
    case Operation::weight_gradient:
      return for_products(s, [&](size_t y, size_t x, size_t w) { result[w] += (*in[0])[x] * (*in[1])[y]; });
    case Operation::statistics:
      for (size_t i = 0; i < in[0]->size(); ++i) {
        const double v = (*in[0])[i];
        result[i % result.size()] += v, (*out[1])[i % result.size()] += v * v;
      }
      return;
    case Operation::norm_sums:
      return norm_sums(in, out);
    default:
      for (size_t i = 0; i < result.size(); ++i)  // a vector counts for every pixel
        result[i] = one(step.operation, (*in[0])[i], in.size() == 2 ? (*in[1])[i % in[1]->size()] : 0);
  }
}

// What a graph leaves in its arrays, f32 for this purpose.
void carry_out(const Fusion& f, Arrays& arrays) {
  std::vector<Values> tensors;
  for (const FusionTensor& t : f.tensors) {
    tensors.emplace_back(static_cast<size_t>(elements(f.shape, t.extent)));
    if (t.role != Role::given) continue;
    const std::vector<float> values = given_values(f, t);
    tensors.back().assign(values.begin(), values.end());
  }
  for (const FusionStep& step : f.steps) carry_out(f.shape, step, tensors);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const FusionTensor& t = f.tensors[i];
    const bool map = t.extent == Extent::in_map || t.extent == Extent::out_map;
    if (t.role != Role::within)
      arrays.put(t.name, {tensors[i].begin(), tensors[i].end()}, !map && t.extent != Extent::weights);
  }
}

constexpr Conv kShapes[] = {
    {.n = 2, .h = 6, .w = 5, .c = 8, .oh = 6, .ow = 5, .k = 16, .r = 3, .s = 3, .stride = 1, .pad = 1},
    {.n = 1, .h = 8, .w = 7, .c = 16, .oh = 4, .ow = 4, .k = 8, .r = 3, .s = 3, .stride = 2, .pad = 1}};

}  // namespace

TEST_CASE("a graph's arithmetic is that of our two steps") {
  CudaContext& ctx = CudaContext::current();
  for (const Conv& s : kShapes) {
    for (const Fusion& f : fusions_of(s)) {
      CAPTURE(f.name);
      Arrays ours, graph;
      prepare_two_steps(f, ours);
      two_steps(ctx, f, ours);
      carry_out(f, graph);
      if (f.find("dz")) graph.make("dx", elements(s, Extent::in_map), false);
      behind_graph(ctx, f, graph);
      const auto expected = results_of_two_steps(f, ours), got = results_of_graph(f, graph);
      CHECK(fusion_error(got, expected) < kFusionTolerance);
      for (const auto& [name, values] : expected) {  // and sees each result that is wrong
        CAPTURE(name);
        auto wrong = got;
        for (float& v : wrong[name]) v *= 1.01f;
        CHECK(fusion_error(wrong, expected) > kFusionTolerance);
        wrong[name][0] = std::numeric_limits<float>::quiet_NaN();
        CHECK(std::isinf(fusion_error(wrong, expected)));
      }
    }
  }
}

TEST_CASE("the gradient behind norm and ReLU is a dz + b x + c") {
  const Fusion f = fusions_of(kShapes[0]).back();
  REQUIRE(f.name == "gradient_relu_norm_sums");
  Arrays graph;
  carry_out(f, graph);
  graph.make("dx", elements(f.shape, Extent::in_map), false);
  behind_graph(CudaContext::current(), f, graph);
  const std::vector<float> dz = graph.read("dz"), x = graph.read("x"), a = graph.read("a"), b = graph.read("b"),
                           c = graph.read("c");
  std::vector<float> dx(dz.size());
  for (size_t i = 0; i < dx.size(); ++i) {
    const size_t channel = i % a.size();
    dx[i] = a[channel] * dz[i] + b[channel] * x[i] + c[channel];
  }
  CHECK(fusion_error({{"dx", dx}}, {{"dx", graph.read("dx")}}) < kFusionTolerance);
}
