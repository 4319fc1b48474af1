#include "apps/train/validate.h"

#include "io/tiles/combined_tiles.h"
#include "models/inference/class_numbers.h"
#include "models/inference/views.h"

namespace ppl::apps {
namespace {

// Of a pixel's classes only the one that prediction would write counts as found.
Confusion compare(const LinkNet& network, const Batch& batch, int views, double threshold) {
  const Tensor probability = mean_probability(network, batch.images, views);
  const auto classes = static_cast<int>(probability.dim(3));
  const std::vector<uint8_t> numbers =
      class_numbers(probability.data<float>(), probability.size() / classes, classes, threshold);
  std::vector<uint8_t> mask(static_cast<size_t>(probability.size()), 0);
  for (size_t k = 0; k < numbers.size(); ++k)
    if (numbers[k] > 0) mask[k * static_cast<size_t>(classes) + numbers[k] - 1] = 1;
  Confusion tile;
  tile.add(mask, {batch.targets.data<uint8_t>(), mask.size()});
  return tile;
}

}  // namespace

Tensor mean_probability(const LinkNet& network, const Tensor& images, int views) {
  const Tensor sum = probability_sum(network, images, views).to(Device::cpu);
  float* p = sum.data<float>();
  for (int64_t k = 0; k < sum.size(); ++k) p[k] *= static_cast<float>(1.0 / views);
  return sum;
}

Validation validate(LinkNet& network, const std::shared_ptr<const TileSource>& tiles, DType precision, int views,
                    double threshold, Communication& ranks, const std::function<void()>& after_tile) {
  network.train(false);
  const NoGrad off;
  // Four counts, then each tile's IoU: every entry has one rank that fills it in, so the sums are exact.
  constexpr size_t kCounts = 4;
  std::vector<double> figures(kCounts + static_cast<size_t>(tiles->size()));
  if (ranks.rank() < tiles->size()) {
    const auto mine = std::make_shared<EveryNthTile>(tiles, ranks.rank(), ranks.ranks());
    Loader loader(mine, LoaderOptions::validation(1, precision));
    for (int64_t i = 0; i < mine->size(); ++i) {
      const Batch batch = loader.next();
      const Confusion tile = compare(network, batch, views, threshold);
      figures[0] += static_cast<double>(tile.true_positive);
      figures[1] += static_cast<double>(tile.false_positive);
      figures[2] += static_cast<double>(tile.false_negative);
      figures[3] += static_cast<double>(batch.valid);
      figures[kCounts + static_cast<size_t>(ranks.rank() + i * ranks.ranks())] = tile.iou();
      if (after_tile) after_tile();
    }
  }
  ranks.all_reduce(figures);
  Validation v;
  v.pixels = {static_cast<int64_t>(figures[0]), static_cast<int64_t>(figures[1]), static_cast<int64_t>(figures[2])};
  v.counted = static_cast<int64_t>(figures[3]);
  for (size_t i = kCounts; i < figures.size(); ++i) v.mean_iou += figures[i] / static_cast<double>(tiles->size());
  return v;
}

}  // namespace ppl::apps
