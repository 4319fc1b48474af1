// Where the town lies on earth: UTM zone 32 north, its north-west corner at a fixed place.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "apps/town/paint/canvas.h"

namespace ppl::synthetic {

constexpr int kEpsg = 32632;
constexpr double kEast = 512000;  // of the town's north-west corner, metres
constexpr double kNorth = 5405000;

// Town metres to WGS 84, x longitude and y latitude in degrees. Throws Error when PROJ cannot do it.
std::vector<Point> to_wgs84(const std::vector<Point>& points);

// An 8-bit RGB GeoTIFF of `image` (CV_8UC3, B G R) that covers `window`. Throws Error naming the file.
void write_geotiff(const std::string& path, const cv::Mat& image, const Window& window);

}  // namespace ppl::synthetic
