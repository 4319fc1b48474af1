// Scores of a network on a folder of tiles.
#pragma once

#include <functional>

#include "engine/communication/communication.h"
#include "io/tiles/loader.h"
#include "models/linknet.h"
#include "models/metrics.h"

namespace ppl::apps {

struct Validation {
  double mean_iou = 0;  // per tile, averaged, as published
  Confusion pixels;     // over all tiles
  int64_t counted = 0;  // pixels (of several classes: as often) that the masks do not leave out
};

// [1, height, width, classes] in the CPU's memory, the mean over so many views.
Tensor mean_probability(const LinkNet&, const Tensor& images, int views);

// One tile at a time, at its own size, shared out over the ranks; the result is the same for any number of them. Masks
// are those of prediction: of several classes a pixel has one. The network is put into evaluation mode. after_tile may
// throw to give up; it may be empty.
Validation validate(LinkNet&, const std::shared_ptr<const TileSource>&, DType precision, int views, double threshold,
                    Communication&, const std::function<void()>& after_tile);

}  // namespace ppl::apps
