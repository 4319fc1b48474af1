// Images and masks of a piece of the town.
#pragma once

#include "apps/town/paint/canvas.h"
#include "apps/town/town.h"

namespace ppl::synthetic {

// CV_8UC3 (B, G, R), window.height x window.width, as a camera sees it: light, haze, blur, noise, JPEG.
// Neighbouring windows fit together but for the JPEG blocks.
cv::Mat render_image(const Town& town, const Window& window);

// CV_8UC1, 255 where the centre of the pixel lies on a carriageway (under trees too), 0 elsewhere.
cv::Mat road_mask(const StreetGraph& graph, const Window& window);

// CV_8UC1, 255 where the centre of the pixel lies in a building's outline.
cv::Mat building_mask(const Town& town, const Window& window);

}  // namespace ppl::synthetic
