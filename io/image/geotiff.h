// Where an image lies on the earth, and TIFF files, through GDAL. In builds without GDAL read_georeference gives
// nothing and the others throw an Error that says so.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "io/image/image.h"

namespace ppl {

struct GeoReference {
  std::string crs;  // WKT; may be empty
  // x = t[0] + column t[1] + row t[2], y = t[3] + column t[4] + row t[5]; (0, 0) is the outer corner of the first
  // pixel.
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};
};

bool have_gdal();

// Nothing where the file has none. Error where it cannot be opened.
std::optional<GeoReference> read_georeference(const std::string& path);

// 1 where the image has data, 0 where it has none: its no-data value in every band, alpha 0, or a mask of its own.
// [height, width, 1]; all 1 in builds without GDAL.
Image read_validity(const std::string& path, int64_t max_pixels = int64_t{1} << 28);

// data [height, width]; whole or not at all.
void write_mask_tiff(const std::string& path, const uint8_t* data, int64_t height, int64_t width,
                     const std::optional<GeoReference>& = {});  // 8 bit, values as they are
// The bytes of the file that write_mask_tiff makes.
std::vector<std::byte> mask_tiff(const std::string& where, const uint8_t* data, int64_t height, int64_t width,
                                 const std::optional<GeoReference>& = {});
void write_probability_tiff(const std::string& path, const float* data, int64_t height, int64_t width,
                            const std::optional<GeoReference>& = {});  // 32-bit float

}  // namespace ppl
