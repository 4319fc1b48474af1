#include "apps/train/result/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/common/weights.h"
#include "apps/train/config/options.h"
#include "apps/train/record/recorder.h"
#include "apps/train/team.h"
#include "apps/train/validate.h"
#include "io/tiles/combined_tiles.h"
#include "kernels/ignored.h"
#include "models/metrics.h"

namespace ppl::apps {
namespace {

// Of all ranks' tiles.
ThresholdCounts count(LinkNet& network, const TrainConfig& c, const StageTiles& tiles, int views,
                      Communication& ranks) {
  const NoGrad off;
  ThresholdCounts counts;
  if (ranks.rank() < tiles.validation->size()) {
    const auto mine = std::make_shared<EveryNthTile>(tiles.validation, ranks.rank(), ranks.ranks());
    Loader loader(mine, LoaderOptions::validation(1, precision_of(c)));
    for (int64_t i = 0; i < mine->size(); ++i) {
      if (stop_requested()) throw Interrupted(cat("asked to stop; go on with: train --resume ", c.run));
      const Batch batch = loader.next();
      const Tensor p = mean_probability(network, batch.images, views);
      const uint8_t* truth = batch.targets.data<uint8_t>();
      const float* probability = p.data<float>();
      PPL_CHECK(std::all_of(probability, probability + p.size(), [](float v) { return std::isfinite(v); }),
                batch.ids[0], ": the network gives values that are not numbers, so no threshold can be chosen");
      for (int64_t k = 0; k < p.size(); ++k)
        if (truth[k] != kIgnored) counts.add(probability[k], truth[k] == 1);
    }
  }
  std::vector<double> all(counts.foreground.begin(), counts.foreground.end());
  all.insert(all.end(), counts.background.begin(), counts.background.end());
  ranks.all_reduce(all);
  for (size_t k = 0; k < ThresholdCounts::kSteps; ++k) {
    counts.foreground[k] = static_cast<int64_t>(all[k]);
    counts.background[k] = static_cast<int64_t>(all[ThresholdCounts::kSteps + k]);
  }
  return counts;
}

void choose(const TrainConfig& c, const StageConfig& s, const StageTiles& tiles, const std::string& path, Device device,
            Communication& ranks) {
  LoadedNetwork loaded;
  on_all_ranks(ranks, [&] { loaded = load_weights(path, c.network.name); });
  loaded.network->to(device);
  for (const int views : std::set{1, 8, s.tta}) {
    const auto iou = count(*loaded.network, c, tiles, views, ranks).iou_by_step();
    const auto best = std::max_element(iou.begin(), iou.end() - 1);  // above the last step there is nothing
    const double threshold = threshold_of_step(static_cast<size_t>(best - iou.begin()));
    loaded.info.thresholds[views] = threshold;
    if (views == s.tta) loaded.info.threshold = threshold;
    log_line(fmt::format("{}: {}: threshold {:.4f} of {} view{}: validation IoU {:.4f}, {:.4f} at {}", s.name,
                         std::filesystem::path(path).filename().string(), threshold, views, views > 1 ? "s" : "", *best,
                         iou[step_of_probability(static_cast<float>(s.threshold))], s.threshold));
  }
  barrier(ranks);  // all have read the file
  loaded.network->to(Device::cpu);
  if (writes(ranks)) save_weights(path, *loaded.network, loaded.info);
}

}  // namespace

void choose_thresholds(const TrainConfig& c, int64_t stage, const StageTiles& tiles, Device device,
                       Communication& ranks) {
  const StageConfig& s = c.stages[static_cast<size_t>(stage)];
  if (!s.choose_threshold) return;
  barrier(ranks);  // rank 0 has written them
  for (const char* name : {"/best.safetensors", "/best_average.safetensors"}) {
    const std::string path = stage_folder(c, stage) + name;
    double there = writes(ranks) && std::filesystem::exists(path);
    ranks.all_reduce({&there, 1});
    if (there > 0) choose(c, s, tiles, path, device, ranks);
  }
}

}  // namespace ppl::apps
