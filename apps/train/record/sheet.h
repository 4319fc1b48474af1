// A sheet of validation tiles: image, truth and prediction side by side, with the legend of apps/common/legend.h.
#pragma once

#include <memory>

#include "io/image/image.h"
#include "io/tiles/tiles.h"
#include "models/linknet.h"

namespace ppl::apps {

// Of the first `count` tiles, one below the other, each with its IoU and id; each panel at most `side` pixels wide. The
// network must be in evaluation mode.
Image draw_sheet(const LinkNet&, const std::shared_ptr<const TileSource>&, int count, int side, DType precision,
                 int views, double threshold);

}  // namespace ppl::apps
