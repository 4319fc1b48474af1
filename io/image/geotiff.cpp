#include "io/image/geotiff.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>

#include <atomic>
#include <memory>
#include <numeric>

#include "io/file.h"
#include "io/gdal_messages.h"
#include "io/image/codec.h"

namespace ppl {
namespace {

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
using Dataset = std::unique_ptr<GDALDataset, Close>;

// Only these drivers: a hostile file must not make GDAL follow names to other files or hosts.
// Without sidecars (world files) GDAL does not list the folder at each opening.
Dataset open_dataset(const std::string& path, const GdalMessages& messages, bool sidecars) {
  static const char* const kDrivers[] = {"GTiff", "PNG", "JPEG", nullptr};
  static const char* const kNoOptions[] = {nullptr};
  const char* const only_itself[] = {CPLGetFilename(path.c_str()), nullptr};
  Dataset d(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, kDrivers,
                              kNoOptions, sidecars ? nullptr : only_itself));
  PPL_CHECK(d, path, ": cannot open the image: ", messages.text());
  return d;
}

ImageHeader header_of(GDALDataset& d, const std::string& path) {
  PPL_CHECK(d.GetRasterCount() > 0 && d.GetRasterCount() <= 4096, path, ": a TIFF with ", d.GetRasterCount(), " bands");
  const GDALDataType type = d.GetRasterBand(1)->GetRasterDataType();
  for (int b = 1; b <= d.GetRasterCount(); ++b) {
    const GDALDataType t = d.GetRasterBand(b)->GetRasterDataType();
    PPL_CHECK(t == type && (t == GDT_Byte || t == GDT_UInt16), path, ": band ", b, " holds ", GDALGetDataTypeName(t),
              " values; expected Byte or UInt16 in all bands");
  }
  return {d.GetRasterYSize(), d.GetRasterXSize(), d.GetRasterCount(), type == GDT_Byte ? 8 : 16};
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
    if (geo) {
      std::array<double, 6> transform = geo->transform;
      d->SetGeoTransform(transform.data());
      if (!geo->crs.empty()) d->SetProjection(geo->crs.c_str());
    }
    const CPLErr e =
        d->GetRasterBand(1)->RasterIO(GF_Write, 0, 0, d->GetRasterXSize(), d->GetRasterYSize(), const_cast<void*>(data),
                                      d->GetRasterXSize(), d->GetRasterYSize(), type, 0, 0, nullptr);
    PPL_CHECK(e == CE_None, path, ": cannot make a TIFF: ", messages.text());
  }
  PPL_CHECK(!messages.failed(), path, ": cannot make a TIFF: ", messages.text());
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

Image decode_tiff(const std::string& path, std::vector<int> bands, int64_t max_pixels) {
  GdalMessages messages;
  const Dataset d = open_dataset(path, messages, false);
  const ImageHeader h = header_of(*d, path);
  check_extents(h.height, h.width, max_pixels, path);
  check_blocks(*d, max_pixels, path);
  if (bands.empty()) {
    bands.resize(static_cast<size_t>(h.bands));
    std::iota(bands.begin(), bands.end(), 1);
  }
  for (const int b : bands) {
    PPL_CHECK(b >= 1 && b <= h.bands, path, ": band ", b, " is asked of an image with ", h.bands);
  }
  const int n = static_cast<int>(bands.size());
  Image image = Image::make(h.height, h.width, n, h.depth);
  const int64_t value = h.depth / 8, pixel = value * n;
  const int width = static_cast<int>(h.width), height = static_cast<int>(h.height);
  const CPLErr e =
      d->RasterIO(GF_Read, 0, 0, width, height, image.u8(), width, height, h.depth == 8 ? GDT_Byte : GDT_UInt16, n,
                  bands.data(), pixel, pixel * width, value, nullptr);
  PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete TIFF: ", messages.text());
  return image;
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
  std::vector<uint8_t> of_band(valid.bytes.size());
  for (int b = 1; b <= std::min(d->GetRasterCount(), 4096); ++b) {
    GDALRasterBand* band = d->GetRasterBand(b);
    if (band->GetColorInterpretation() == GCI_AlphaBand) continue;
    const CPLErr e = band->GetMaskBand()->RasterIO(GF_Read, 0, 0, width, height, of_band.data(), width, height,
                                                   GDT_Byte, 0, 0, nullptr);
    PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete image: ", messages.text());
    for (size_t i = 0; i < of_band.size(); ++i) valid.bytes[i] |= of_band[i] != 0;
    if (band->GetMaskFlags() & (GMF_PER_DATASET | GMF_ALL_VALID)) break;  // the same for the other bands
  }
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
