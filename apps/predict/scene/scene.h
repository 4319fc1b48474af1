// A mask for one large image.
#pragma once

#include "apps/predict/options.h"

namespace ppl::apps {

// Predicts options.images (a GeoTIFF, COG or VRT) in overlapping windows into the GeoTIFF options.out: class numbers,
// 255 where the scene has no data; and, if asked, probabilities into <out>_prob.tif beside it (not a number, or 0 of
// 8 bits, where there is no data). Windows without data are not computed. Memory does not grow with the scene's height,
// and by 8 x overlap bytes with each column.
void predict_scene(const PredictOptions&);

}  // namespace ppl::apps
