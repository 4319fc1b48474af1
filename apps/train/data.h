// The tiles of a run's stages.
#pragma once

#include <memory>
#include <vector>

#include "apps/train/config/config.h"
#include "io/tiles/loader.h"

namespace ppl::apps {

struct StageTiles {
  std::shared_ptr<const TileSource> train, validation;  // validation may be null
  std::vector<SourceShare> shares;                      // of the sources that train is made of
  int crop = 0;                                         // as configured, or what the largest tile has room for
  std::vector<double> prior;                            // share of pixels of each class; empty: not known
};

// Opens the tiles of all stages. Error where some cannot be used, do not fit the network, are normalised otherwise than
// others, or do not fill one batch of all ranks.
std::vector<StageTiles> open_stages(const TrainConfig&, int ranks);

}  // namespace ppl::apps
