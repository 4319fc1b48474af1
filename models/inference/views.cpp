#include "models/inference/views.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "kernels/views.h"

namespace ppl {
namespace {

constexpr int kMultiple = 32;  // of the network's input sizes

MapSize map_size(const Tensor& t) {
  const auto i = [&](int d) { return static_cast<int>(t.dim(d)); };
  return {i(0), i(1), i(2), i(3)};
}

int padding(int64_t size) { return static_cast<int>(ceil_div(size, kMultiple) * kMultiple - size); }

Tensor padded(const Tensor& x) {
  const int rows = padding(x.dim(1)), columns = padding(x.dim(2));
  if (rows == 0 && columns == 0) return x;
  Tensor y = Tensor::empty({x.dim(0), x.dim(1) + rows, x.dim(2) + columns, x.dim(3)}, x.dtype(), x.device());
  with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    on(x.device(), [&](auto& ctx) {
      reflect_pad<T>(ctx, map_size(x), rows / 2, columns / 2, static_cast<int>(y.dim(1)), static_cast<int>(y.dim(2)),
                     x.data<T>(), y.data<T>());
    });
  });
  return y;
}

Tensor cropped(const Tensor& x, int64_t height, int64_t width) {
  if (x.dim(1) == height && x.dim(2) == width) return x;
  Tensor y = Tensor::empty({x.dim(0), height, width, x.dim(3)}, x.dtype(), x.device());
  on(x.device(), [&](auto& ctx) {
    crop<float>(ctx, map_size(x), padding(height) / 2, padding(width) / 2, static_cast<int>(height),
                static_cast<int>(width), x.data<float>(), y.data<float>());
  });
  return y;
}

template <class T>
void add_view(const LinkNet& network, int v, const Tensor& x, const Tensor& sum) {
  Tensor seen = x;
  if (v != 0) {
    const bool exchanged = view_transposes(v);
    seen =
        Tensor::empty({x.dim(0), x.dim(exchanged ? 2 : 1), x.dim(exchanged ? 1 : 2), x.dim(3)}, x.dtype(), x.device());
    on(x.device(), [&](auto& ctx) { view<T>(ctx, v, map_size(x), x.data<T>(), seen.data<T>()); });
  }
  const Tensor logits = network.forward(seen);
  on(x.device(),
     [&](auto& ctx) { accumulate_view<T>(ctx, v, map_size(sum), 1.0f, logits.data<T>(), sum.data<float>()); });
}

}  // namespace

Tensor probability_sum(const LinkNet& network, const Tensor& x, int views) {
  PPL_CHECK(views == 1 || views == 4 || views == 8, "views: expected 1, 4 or 8, got ", views);
  PPL_CHECK(!network.training(), "probability_sum: the network is in training mode");
  PPL_CHECK(x.rank() == 4 && x.size() > 0, "probability_sum: expected [N,H,W,bands], got ", to_string(x.shape()));
  const NoGrad off;
  const Tensor whole = padded(x.to(network.device()));
  const Tensor sum =
      Tensor::zeros({whole.dim(0), whole.dim(1), whole.dim(2), network.spec.classes}, DType::f32, whole.device());
  // Four views are those that keep the sides: half turns and mirror images.
  for (int v = 0; v < kViews; v += kViews / views)
    with_float_type(x.dtype(), [&](auto zero) { add_view<decltype(zero)>(network, v, whole, sum); });
  return cropped(sum, x.dim(1), x.dim(2));
}

RepeatedViews::RepeatedViews(const LinkNet& network, int views, bool graph)
    : network_(network), views_(views), graph_(graph), call_(network.device()) {
  for (const Module::Entry& e : network.entries()) weights_.push_back(e.tensor);
}

Tensor RepeatedViews::probability_sum(const Tensor& x) {
  if (!graph_) return ppl::probability_sum(network_, x, views_);
  uint64_t versions = 0;  // folded weights are made anew, elsewhere, when these change
  for (const Tensor& t : weights_) versions += t.version();
  return call_.run({x}, versions, [this](const auto& in) { return ppl::probability_sum(network_, in[0], views_); });
}

}  // namespace ppl
