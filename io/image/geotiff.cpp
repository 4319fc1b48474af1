#include "io/image/geotiff.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <numeric>

#include "io/file.h"
#include "io/gdal_messages.h"
#include "io/image/codecs/codec.h"
#include "io/image/gdal_palette.h"
#include "io/image/gdal_place.h"
#include "io/image/gdal_validity.h"

namespace ppl {
namespace {

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
using Dataset = std::unique_ptr<GDALDataset, Close>;

// Only these drivers: a hostile file must not make GDAL follow names to other files or hosts.
// Without all sidecars (world files) GDAL does not list the folder at each opening.
Dataset open_dataset(const std::string& path, const GdalMessages& messages, bool sidecars) {
  static const char* const kDrivers[] = {"GTiff", "PNG", "JPEG", nullptr};
  static const char* const kNoOptions[] = {nullptr};
  const std::vector<std::string> names = gdal_companions(path);
  std::vector<const char*> siblings;
  for (const std::string& name : names) siblings.push_back(name.c_str());
  siblings.push_back(nullptr);
  Dataset d(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, kDrivers,
                              kNoOptions, sidecars ? nullptr : siblings.data()));
  PPL_CHECK(d, path, ": cannot open the image: ", messages.text());
  return d;
}

bool white_is_zero(GDALDataset& d) {
  const char* inverted = d.GetMetadataItem("MINISWHITE", "IMAGE_STRUCTURE");
  return inverted && std::string(inverted) == "YES";
}

ImageHeader header_of(GDALDataset& d, const std::string& path) {
  PPL_CHECK(d.GetRasterCount() > 0 && d.GetRasterCount() <= 4096, path, ": a TIFF with ", d.GetRasterCount(), " bands");
  const int bits = GDALGetDataTypeSizeBits(d.GetRasterBand(1)->GetRasterDataType());
  ImageHeader h{d.GetRasterYSize(), d.GetRasterXSize(), d.GetRasterCount(), bits};
  if (!white_is_zero(d) && d.GetRasterBand(1)->GetColorTable()) h.bands += 2, h.depth = 8;  // its colours
  return h;
}

// What an image may hold; masks may hold other types, see tiff_parts.h.
void check_types(GDALDataset& d, const std::string& path) {
  check_one_page(d, path);
  const GDALDataType type = d.GetRasterBand(1)->GetRasterDataType();
  for (int b = 1; b <= d.GetRasterCount(); ++b) {
    const GDALDataType t = d.GetRasterBand(b)->GetRasterDataType();
    PPL_CHECK(t == type && (t == GDT_Byte || t == GDT_UInt16), path, ": band ", b, " holds ", GDALGetDataTypeName(t),
              " values; expected Byte or UInt16 in all bands");
  }
}

// A small image can be stored in huge blocks, which GDAL takes memory for.
void check_blocks(GDALDataset& d, int64_t max_pixels, const std::string& path) {
  int width = 0, height = 0;
  d.GetRasterBand(1)->GetBlockSize(&width, &height);
  check_extents(height, width, max_pixels, path + " (its blocks)");
}

// Encoded in memory, to be written as every other file is: whole or not at all.
std::vector<std::byte> encode_tiff(const std::string& path, const void* data, GDALDataType type, int64_t height,
                                   int64_t width, const std::optional<GeoReference>& geo) {
  check_extents(height, width, int64_t{1} << 40, path);
  PPL_CHECK(height <= INT32_MAX && width <= INT32_MAX, path, ": ", width, " x ", height, " pixels do not fit a TIFF");
  static std::atomic<unsigned> counter{0};
  const std::string name = cat("/vsimem/ppl_", counter++, ".tif");
  GdalMessages messages;
  struct Remove {
    const std::string& name;
    ~Remove() { VSIUnlink(name.c_str()); }
  } remove{name};
  {
    GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
    const char* const options[] = {"COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER", nullptr};
    Dataset d(driver->Create(name.c_str(), static_cast<int>(width), static_cast<int>(height), 1, type,
                             const_cast<char**>(options)));
    PPL_CHECK(d, path, ": cannot make a TIFF: ", messages.text());
    if (geo) set_place(*d, *geo, path, messages);
    const CPLErr e =
        d->GetRasterBand(1)->RasterIO(GF_Write, 0, 0, d->GetRasterXSize(), d->GetRasterYSize(), const_cast<void*>(data),
                                      d->GetRasterXSize(), d->GetRasterYSize(), type, 0, 0, nullptr);
    PPL_CHECK(e == CE_None, path, ": cannot make a TIFF: ", messages.text());
  }
  PPL_CHECK(!messages.failed(), path, ": cannot make a TIFF: ", messages.text());
  if (geo) check_place(name, *geo, path);
  vsi_l_offset size = 0;
  const GByte* bytes = VSIGetMemFileBuffer(name.c_str(), &size, FALSE);
  PPL_CHECK(bytes, path, ": cannot make a TIFF: ", messages.text());
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  return {begin, begin + size};
}

void write_tiff(const std::string& path, const void* data, GDALDataType type, int64_t height, int64_t width,
                const std::optional<GeoReference>& geo) {
  const std::vector<std::byte> bytes = encode_tiff(path, data, type, height, width, geo);
  write_file(path, bytes.data(), bytes.size());
}

}  // namespace

ImageHeader tiff_header(const std::string& path) {
  GdalMessages messages;
  const Dataset d = open_dataset(path, messages, false);
  return header_of(*d, path);
}

namespace {

// The bands to read: those asked for, but of a palette its indices, and of grey its one band.
std::vector<int> bands_to_read(GDALDataset& d, const StoredImage& s, const std::vector<int>& asked,
                               const std::string& path) {
  const int count = d.GetRasterCount(), alpha = alpha_band(d);
  const bool one_serves = s.indexed || (count - (alpha > 0) == 1 && s.image.depth == 8);
  if (!one_serves) {
    for (const int b : asked) check_band(b, count, s.image.depth, path);
    if (!asked.empty()) return asked;
  }
  std::vector<int> all(static_cast<size_t>(s.indexed ? 1 : count));
  std::iota(all.begin(), all.end(), 1);
  return all;
}

void turn_white(StoredImage& s) {
  const int most = (1 << s.bits) - 1;
  for (int64_t i = 0; i < s.image.count(); ++i) {
    if (s.image.depth == 8)
      s.image.u8()[i] = static_cast<uint8_t>(most - s.image.u8()[i]);
    else
      s.image.u16()[i] = static_cast<uint16_t>(most - s.image.u16()[i]);
  }
}

}  // namespace

StoredImage decode_tiff(const std::string& path, const DecodeOptions& options) {
  GdalMessages messages;
  const Dataset d = open_dataset(path, messages, false);
  const ImageHeader h = header_of(*d, path);
  check_types(*d, path);
  check_extents(h.height, h.width, options.max_pixels, path);
  check_blocks(*d, options.max_pixels, path);
  StoredImage s;
  GDALRasterBand& first = *d->GetRasterBand(1);
  const GDALDataType type = first.GetRasterDataType();
  const char* bits = first.GetMetadataItem("NBITS", "IMAGE_STRUCTURE");
  s.bits = bits ? std::atoi(bits) : GDALGetDataTypeSizeBits(type);
  if (!white_is_zero(*d)) s.palette = palette_of(first);
  s.indexed = !s.palette.empty();
  s.image.depth = type == GDT_Byte ? 8 : 16;
  std::vector<int> bands = bands_to_read(*d, s, options.bands, path);
  s.alpha = !s.indexed && bands.back() == alpha_band(*d);
  const int n = static_cast<int>(bands.size()), width = d->GetRasterXSize(), height = d->GetRasterYSize();
  s.image = Image::make(height, width, n, s.image.depth);
  const int64_t value = s.image.depth / 8, pixel = value * n;
  const CPLErr e = d->RasterIO(GF_Read, 0, 0, width, height, s.image.u8(), width, height, type, n, bands.data(), pixel,
                               pixel * width, value, nullptr);
  PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete TIFF: ", messages.text());
  if (options.validity) {
    s.valid.resize(static_cast<size_t>(h.height * h.width));
    const CPLErr m = read_gdal_validity(*d, bands, {0, 0, width, height}, s.valid.data());
    PPL_CHECK(m == CE_None && !messages.failed(), path, ": damaged or incomplete TIFF: ", messages.text());
    if (std::find(s.valid.begin(), s.valid.end(), 0) == s.valid.end()) s.valid.clear();
  }
  if (white_is_zero(*d)) turn_white(s);
  if (bands == options.bands) s.bands = std::move(bands);
  return s;
}

std::optional<GeoReference> read_georeference(const std::string& path) {
  GdalMessages messages;
  const Dataset d = open_dataset(path, messages, true);
  GeoReference g;
  const bool placed = d->GetGeoTransform(g.transform.data()) == CE_None;
  if (const char* crs = d->GetProjectionRef()) g.crs = crs;
  if (!placed && g.crs.empty()) return {};
  return g;
}

Image read_validity(const std::string& path, int64_t max_pixels) {
  GdalMessages messages;
  const Dataset d = open_dataset(path, messages, true);
  const int width = d->GetRasterXSize(), height = d->GetRasterYSize();
  check_extents(height, width, max_pixels, path);
  check_blocks(*d, max_pixels, path);
  Image valid = Image::make(height, width, 1);
  std::vector<int> bands(static_cast<size_t>(std::min(d->GetRasterCount(), 4096)));
  std::iota(bands.begin(), bands.end(), 1);
  const CPLErr e = read_gdal_validity(*d, bands, {0, 0, width, height}, valid.u8());
  PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete image: ", messages.text());
  return valid;
}

void write_mask_tiff(const std::string& path, const uint8_t* data, int64_t height, int64_t width,
                     const std::optional<GeoReference>& geo) {
  write_tiff(path, data, GDT_Byte, height, width, geo);
}

std::vector<std::byte> mask_tiff(const std::string& where, const uint8_t* data, int64_t height, int64_t width,
                                 const std::optional<GeoReference>& geo) {
  return encode_tiff(where, data, GDT_Byte, height, width, geo);
}

void write_probability_tiff(const std::string& path, const float* data, int64_t height, int64_t width,
                            const std::optional<GeoReference>& geo) {
  write_tiff(path, data, GDT_Float32, height, width, geo);
}

}  // namespace ppl
