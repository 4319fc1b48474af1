#include "models/inference/mean_probability.h"

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "kernels/normalise.h"
#include "kernels/scale.h"

namespace ppl {

MeanProbability::MeanProbability(const std::vector<Member>& members, int views, DType precision, bool graph)
    : device_(members.at(0).network->device()), precision_(precision) {
  for (const Member& m : members) {
    PPL_CHECK(m.network->device() == device_, "networks on different devices cannot be averaged");
    std::vector<float> tables;
    for (const auto& table : m.tables) tables.insert(tables.end(), table.begin(), table.end());
    const auto scale = static_cast<float>(m.share / views);
    networks_.push_back({std::make_unique<RepeatedViews>(*m.network, views, graph),
                         Tensor::from({static_cast<int64_t>(m.tables.size()), 256}, tables, DType::f32, device_),
                         Tensor::full({1}, scale, DType::f32, device_)});
  }
  if (device_ == Device::cuda) on_device_ = std::make_unique<DeviceBatches>();
}

Tensor MeanProbability::input_of(const Network& network, const ByteImages& p) const {
  PPL_CHECK(p.bands == network.tables.dim(0), "images of ", p.bands, " bands; expected ", network.tables.dim(0));
  const int64_t pixels = p.height * p.width, values = pixels * p.bands;
  const Tensor x =
      Tensor::empty({static_cast<int64_t>(p.images.size()), p.height, p.width, p.bands}, precision_, device_);
  with_float_type(precision_, [&](auto zero) {
    using T = decltype(zero);
    for (size_t n = 0; n < p.images.size(); ++n) {
      const uint8_t* valid = p.valid.empty() ? nullptr : p.valid[n];
      on(device_, [&](auto& ctx) {
        normalise(ctx, pixels, p.bands, p.images[n], valid, network.tables.data<float>(),
                  x.data<T>() + static_cast<int64_t>(n) * values);
      });
    }
  });
  return x;
}

Tensor MeanProbability::mean_of(const ByteImages& p) const {
  const NoGrad off;
  Tensor mean;
  for (const Network& network : networks_) {
    const Tensor sum = network.views->probability_sum(input_of(network, p));
    // A graph's result is overwritten by the next batch, while this one may still be on its way to the host.
    const Tensor part = on_device_ && !mean.defined() ? Tensor::empty(sum.shape(), DType::f32, device_) : sum;
    on(device_,
       [&](auto& ctx) { scale(ctx, sum.size(), network.scale.data<float>(), sum.data<float>(), part.data<float>()); });
    if (mean.defined())
      add_into(mean, part);
    else
      mean = part;
  }
  return mean;
}

void MeanProbability::begin(const ByteImages& images) {
  images.check();
  if (on_device_)
    on_device_->begin(images, [this](const ByteImages& there) { return mean_of(there); });
  else
    done_.push_back(mean_of(images));
}

Tensor MeanProbability::finish() {
  if (on_device_) return on_device_->finish();
  PPL_CHECK(!done_.empty(), "no batch was begun");
  const Tensor oldest = done_.front();
  done_.pop_front();
  return oldest;
}

}  // namespace ppl
