// Stands in for load_gdal.cpp in builds without GDAL.
#include "io/image/codecs/codec.h"
#include "io/image/geotiff.h"
#include "io/maps/source.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no GDAL, so it cannot read or write TIFF images or OGR's vector files"));
}
}  // namespace

bool have_gdal() { return false; }
ImageHeader tiff_header(const std::string& path) { missing(path); }
StoredImage decode_tiff(const std::string& path, const DecodeOptions&) { missing(path); }
std::optional<GeoReference> read_georeference(const std::string&) { return {}; }
Image read_validity(const std::string& path, int64_t) {
  const ImageHeader header = read_image_header(path);
  Image valid = Image::make(header.height, header.width, 1);
  for (uint8_t& value : valid.bytes) value = 1;
  return valid;
}
void write_mask_tiff(const std::string& path, const uint8_t*, int64_t, int64_t, const std::optional<GeoReference>&) {
  missing(path);
}
std::vector<std::byte> mask_tiff(const std::string& where, const uint8_t*, int64_t, int64_t,
                                 const std::optional<GeoReference>&) {
  missing(where);
}
void write_probability_tiff(const std::string& path, const float*, int64_t, int64_t,
                            const std::optional<GeoReference>&) {
  missing(path);
}
SourceReport read_ogr(const std::string& path, const MapFile&, const MapRequest&, const OgrFields&,
                      std::vector<FeatureLayer>&) {
  missing(path);
}

}  // namespace ppl
