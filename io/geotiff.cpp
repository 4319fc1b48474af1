#include "io/geotiff.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <gdal_priv.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>

#include "io/codec.h"
#include "io/file.h"

namespace ppl {
namespace {

// While one lives, GDAL's messages of this thread come here instead of stderr; the first failure is kept.
class Messages {
 public:
  Messages() {
    static std::once_flag once;
    CPLPushErrorHandlerEx(take, this);
    std::call_once(once, [] { GDALAllRegister(); });
  }
  ~Messages() { CPLPopErrorHandler(); }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  bool failed() const { return failed_; }
  const std::string& text() const { return text_; }

 private:
  static void CPL_STDCALL take(CPLErr level, CPLErrorNum, const char* text) {
    auto* self = static_cast<Messages*>(CPLGetErrorHandlerUserData());
    if (level < CE_Failure || self->failed_) return;
    self->failed_ = true;
    self->text_ = text;
  }
  bool failed_ = false;
  std::string text_;
};

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
using Dataset = std::unique_ptr<GDALDataset, Close>;

// Only these drivers: a hostile file must not make GDAL follow names to other files or hosts.
// Without sidecars (world files) GDAL does not list the folder at each opening.
Dataset open_dataset(const std::string& path, const Messages& messages, bool sidecars) {
  static const char* const kDrivers[] = {"GTiff", "PNG", "JPEG", nullptr};
  static const char* const kNoOptions[] = {nullptr};
  const char* const only_itself[] = {CPLGetFilename(path.c_str()), nullptr};
  Dataset d(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, kDrivers, kNoOptions,
                              sidecars ? nullptr : only_itself));
  PPL_CHECK(d, path, ": cannot open the picture: ", messages.text());
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

// A small picture can be stored in huge blocks, which GDAL takes memory for.
void check_blocks(GDALDataset& d, int64_t max_pixels, const std::string& path) {
  int width = 0, height = 0;
  d.GetRasterBand(1)->GetBlockSize(&width, &height);
  check_extents(height, width, max_pixels, path + " (its blocks)");
}

// Encoded in memory and then written as every other file is: whole or not at all.
void write_tiff(const std::string& path, const void* data, GDALDataType type, int64_t height, int64_t width,
                const std::optional<GeoReference>& geo) {
  check_extents(height, width, int64_t{1} << 40, path);
  PPL_CHECK(height <= INT32_MAX && width <= INT32_MAX, path, ": ", width, " x ", height, " pixels do not fit a TIFF");
  static std::atomic<unsigned> counter{0};
  const std::string name = cat("/vsimem/ppl_", counter++, ".tif");
  Messages messages;
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
  write_file(path, bytes, size);
}

}  // namespace

bool have_gdal() { return true; }

ImageHeader tiff_header(const std::string& path) {
  Messages messages;
  const Dataset d = open_dataset(path, messages, false);
  return header_of(*d, path);
}

Image decode_tiff(const std::string& path, std::vector<int> bands, int64_t max_pixels) {
  Messages messages;
  const Dataset d = open_dataset(path, messages, false);
  const ImageHeader h = header_of(*d, path);
  check_extents(h.height, h.width, max_pixels, path);
  check_blocks(*d, max_pixels, path);
  if (bands.empty()) {
    bands.resize(static_cast<size_t>(h.bands));
    std::iota(bands.begin(), bands.end(), 1);
  }
  for (const int b : bands) {
    PPL_CHECK(b >= 1 && b <= h.bands, path, ": band ", b, " is asked of a picture with ", h.bands);
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
  Messages messages;
  const Dataset d = open_dataset(path, messages, true);
  GeoReference g;
  const bool placed = d->GetGeoTransform(g.transform.data()) == CE_None;
  if (const char* crs = d->GetProjectionRef()) g.crs = crs;
  if (!placed && g.crs.empty()) return {};
  return g;
}

void write_mask_tiff(const std::string& path, const uint8_t* data, int64_t height, int64_t width,
                     const std::optional<GeoReference>& geo) {
  write_tiff(path, data, GDT_Byte, height, width, geo);
}

void write_probability_tiff(const std::string& path, const float* data, int64_t height, int64_t width,
                            const std::optional<GeoReference>& geo) {
  write_tiff(path, data, GDT_Float32, height, width, geo);
}

}  // namespace ppl
