#include "apps/predict/ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/common/device.h"
#include "apps/common/log.h"

namespace ppl::apps {

namespace {

// Where the weights bring one that validation chose.
void say_threshold(const PredictOptions& o, double threshold, const WeightsInfo& first) {
  if (first.thresholds.empty()) return;
  const char* with = first.thresholds.contains(o.views) ? "as chosen on validation tiles for" : "not chosen for";
  log_line(fmt::format("foreground is above {:.4f}, {} {} view{} (--threshold takes another)", threshold, with, o.views,
                       o.views > 1 ? "s" : ""));
}

}  // namespace

Ensemble::Ensemble(const PredictOptions& o) {
  const Device device = choose_device(o.device);
  PPL_CHECK(!o.graph || device == Device::cuda, "--graph is for networks on a GPU, and this one runs on the CPU");
  warn_of_slow_bf16(device, o.precision);
  std::vector<std::string> paths{o.weights};
  paths.insert(paths.end(), o.also.begin(), o.also.end());
  PPL_CHECK(o.shares.empty() || o.shares.size() == paths.size(), o.shares.size(), " shares for ", paths.size(),
            " weights files");
  const double total =
      o.shares.empty() ? static_cast<double>(paths.size()) : std::accumulate(o.shares.begin(), o.shares.end(), 0.0);
  PPL_CHECK(total > 0, "the shares of the weights sum to ", total);
  std::vector<MeanProbability::Member> of_mean;
  for (size_t i = 0; i < paths.size(); ++i) {
    LoadedNetwork loaded = load_weights(paths[i], o.network);
    if (!o.bands.empty()) loaded.info.input.bands = o.bands;
    if (o.no_data) loaded.info.input.no_data = o.no_data;
    loaded.info.input.check(paths[i]);
    if (i > 0) {
      const WeightsInfo &a = members_.front().info, &b = loaded.info;
      PPL_CHECK(a.classes == b.classes && a.input.bands == b.input.bands &&
                    a.input.stretch_low == b.input.stretch_low && a.input.stretch_high == b.input.stretch_high,
                paths[i], ": its classes, bands or stretch differ from those of ", paths[0]);
    }
    const double share = (o.shares.empty() ? 1 : o.shares[i]) / total;
    loaded.network->to(device);
    of_mean.push_back({loaded.network.get(), share, normalisation_tables(loaded.info.input)});
    shares_.push_back(share);
    threshold_ += share * loaded.info.threshold_of(o.views);
    members_.push_back({std::move(loaded.network), loaded.info});
  }
  if (!o.threshold && o.uncertain.empty()) say_threshold(o, threshold_, members_.front().info);
  threshold_ = o.threshold.value_or(o.uncertain.empty() ? threshold_ : o.uncertain[1]);
  mean_ = std::make_unique<MeanProbability>(of_mean, o.views, o.precision, o.graph);
}

void Ensemble::begin(const std::vector<const Image*>& images, const std::vector<const std::vector<uint8_t>*>& valid) {
  const Image& first = *images.front();
  ByteImages batch{first.height, first.width, first.bands, {}, {}};
  for (const Image* image : images) batch.images.push_back(image->u8());
  for (const std::vector<uint8_t>* flags : valid) batch.valid.push_back(flags ? flags->data() : nullptr);
  mean_->begin(batch);
}

std::vector<std::string> Ensemble::networks() const {
  std::vector<std::string> names;
  for (const Member& member : members_) names.push_back(member.info.network);
  return names;
}

Tensor Ensemble::finish() {
  Tensor probability = mean_->finish();
  warn_of_slow_work();
  const float* p = probability.data<float>();
  PPL_CHECK(std::all_of(p, p + probability.size(), [](float v) { return std::isfinite(v); }),
            "the network gives values that are not numbers: the weights are damaged, or --precision f32 is needed");
  return probability;
}

}  // namespace ppl::apps
