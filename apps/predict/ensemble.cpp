#include "apps/predict/ensemble.h"

#include <algorithm>
#include <numeric>

#include "apps/common/device.h"
#include "engine/ops.h"

namespace ppl::apps {
namespace {

using Valid = std::vector<const std::vector<uint8_t>*>;

// [N, height, width, bands], normalised; 0 where there is no data.
Tensor to_input(const std::vector<const Image*>& pictures, const Valid& valid,
                const std::vector<std::array<float, 256>>& tables, DType precision) {
  const Image& first = *pictures.front();
  const auto bands = static_cast<size_t>(first.bands);
  Tensor x = Tensor::empty({static_cast<int64_t>(pictures.size()), first.height, first.width, first.bands});
  float* to = x.data<float>();
  for (size_t n = 0; n < pictures.size(); ++n) {
    const uint8_t* from = pictures[n]->u8();
    const auto pixels = static_cast<size_t>(first.height * first.width);
    for (size_t i = 0; i < pixels; ++i) {
      const bool there = valid.empty() || !valid[n] || (*valid[n])[i];
      for (size_t b = 0; b < bands; ++b) *to++ = there ? tables[b][from[i * bands + b]] : 0.0f;
    }
  }
  return precision == DType::f32 ? x : cast(x, precision);
}

}  // namespace

Ensemble::Ensemble(const PredictOptions& o) : views_(o.views), precision_(o.precision) {
  const Device device = choose_device(o.device);
  std::vector<std::string> paths{o.weights};
  paths.insert(paths.end(), o.also.begin(), o.also.end());
  PPL_CHECK(o.shares.empty() || o.shares.size() == paths.size(), o.shares.size(), " shares for ", paths.size(),
            " weights files");
  const double total =
      o.shares.empty() ? static_cast<double>(paths.size()) : std::accumulate(o.shares.begin(), o.shares.end(), 0.0);
  PPL_CHECK(total > 0, "the shares of the weights sum to ", total);
  for (size_t i = 0; i < paths.size(); ++i) {
    LoadedNetwork loaded = load_weights(paths[i], o.network);
    if (!o.bands.empty()) loaded.info.input.bands = o.bands;
    loaded.info.input.check(paths[i]);
    if (i > 0) {
      const WeightsInfo &a = members_.front().info, &b = loaded.info;
      PPL_CHECK(a.classes == b.classes && a.input.bands == b.input.bands &&
                    a.input.stretch_low == b.input.stretch_low && a.input.stretch_high == b.input.stretch_high,
                paths[i], ": its classes, bands or stretch differ from those of ", paths[0]);
    }
    const double share = (o.shares.empty() ? 1 : o.shares[i]) / total;
    const auto tables = normalisation_tables(loaded.info.input);
    loaded.network->to(device);
    auto views = std::make_unique<RepeatedViews>(*loaded.network, o.views, o.graph);
    members_.push_back({std::move(loaded.network), loaded.info, share, tables, std::move(views)});
  }
  threshold_ = 0;
  for (const Member& m : members_) threshold_ += m.share * m.info.threshold;
  threshold_ = o.threshold.value_or(threshold_);
}

Tensor Ensemble::probability(const std::vector<const Image*>& pictures, const Valid& valid) const {
  const NoGrad off;
  Tensor mean;
  for (const Member& m : members_) {
    const Tensor x = to_input(pictures, valid, m.tables, precision_);
    const Tensor sum = m.views->probability_sum(x).to(Device::cpu);
    const auto scale = static_cast<float>(m.share / views_);
    float* p = sum.data<float>();
    for (int64_t i = 0; i < sum.size(); ++i) p[i] *= scale;
    if (mean.defined())
      add_into(mean, sum);
    else
      mean = sum;
  }
  return mean;
}

std::vector<uint8_t> class_numbers(const float* p, int64_t pixels, int classes, double threshold) {
  const auto limit = static_cast<float>(threshold);
  std::vector<uint8_t> numbers(static_cast<size_t>(pixels), 0);
  for (size_t i = 0; i < numbers.size(); ++i, p += classes) {
    const int64_t best = std::max_element(p, p + classes) - p;
    if (p[best] > limit) numbers[i] = static_cast<uint8_t>(best + 1);
  }
  return numbers;
}

}  // namespace ppl::apps
