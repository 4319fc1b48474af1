#include "apps/train/validate.h"

#include "models/inference/views.h"

namespace ppl::apps {

Validation validate(LinkNet& network, const std::shared_ptr<const TileSource>& tiles, DType precision, int views,
                    double threshold) {
  network.train(false);
  const NoGrad off;
  Loader loader(tiles, LoaderOptions::validation(1, precision));
  Validation v;
  std::vector<uint8_t> mask;
  for (int64_t i = 0; i < tiles->size(); ++i) {
    const Batch batch = loader.next();
    const Tensor sum = probability_sum(network, batch.images.to(network.device()), views).to(Device::cpu);
    const float* p = sum.data<float>();
    mask.resize(static_cast<size_t>(sum.size()));
    const auto limit = static_cast<float>(threshold * views);
    for (size_t k = 0; k < mask.size(); ++k) mask[k] = p[k] > limit;
    Confusion tile;
    tile.add(mask, {batch.targets.data<uint8_t>(), mask.size()});
    v.pixels.add(tile);
    v.mean_iou += tile.iou() / static_cast<double>(tiles->size());
  }
  return v;
}

}  // namespace ppl::apps
