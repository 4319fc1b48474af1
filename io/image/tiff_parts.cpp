#include "io/image/tiff_parts.h"

#include <cpl_conv.h>

#include <cmath>

#include "io/gdal_messages.h"
#include "io/image/codec.h"

namespace ppl {
namespace {

constexpr int64_t kMaxBlockPixels = int64_t{1} << 28;
constexpr GIntBig kHeldBlocks = GIntBig{64} << 20;  // bytes; GDAL would keep a twentieth of the machine's memory

}  // namespace

struct TiffParts::Open {
  GDALDataset* dataset = nullptr;
  int block_height = 0;

  ~Open() {
    if (dataset) GDALClose(dataset);
  }
  void read(int64_t row, int64_t column, int64_t height, int64_t width, void* to, GDALDataType type, int bands,
            const std::string& path) const {
    const GdalMessages messages;
    const int x = static_cast<int>(column), y = static_cast<int>(row), w = static_cast<int>(width),
              h = static_cast<int>(height), value = GDALGetDataTypeSizeBytes(type);
    const CPLErr e = dataset->RasterIO(GF_Read, x, y, w, h, to, w, h, type, bands, nullptr, GSpacing{value} * bands,
                                       GSpacing{value} * bands * w, value, nullptr);
    PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete TIFF: ", messages.text());
    if (GDALGetCacheUsed64() > kHeldBlocks) dataset->FlushCache();
  }
};

TiffParts::TiffParts(const std::string& path) : path_(path), open_(std::make_unique<Open>()) {
  const GdalMessages messages;
  static const char* const kDrivers[] = {"GTiff", nullptr};
  const char* const only_itself[] = {CPLGetFilename(path.c_str()), nullptr};
  open_->dataset = GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, kDrivers,
                                     nullptr, only_itself);
  PPL_CHECK(open_->dataset, path, ": cannot open the image: ", messages.text());
  GDALDataset& d = *open_->dataset;
  height_ = d.GetRasterYSize();
  width_ = d.GetRasterXSize();
  bands_ = d.GetRasterCount();
  PPL_CHECK(bands_ > 0 && bands_ <= 4096, path, ": a TIFF with ", bands_, " bands");
  const GDALDataType type = d.GetRasterBand(1)->GetRasterDataType();
  floats_ = type == GDT_Float32;
  PPL_CHECK(!floats_ || bands_ == 1, path, ": expected a TIFF of one band, got ", bands_, " of floats");
  for (int b = 1; b <= bands_ && !floats_; ++b) {
    const GDALDataType t = d.GetRasterBand(b)->GetRasterDataType();
    PPL_CHECK(t == type && (t == GDT_Byte || t == GDT_UInt16), path, ": band ", b, " holds ", GDALGetDataTypeName(t),
              " values; expected Byte or UInt16 in all bands");
  }
  depth_ = type == GDT_UInt16 ? 16 : 8;
  int block_width = 0;
  d.GetRasterBand(1)->GetBlockSize(&block_width, &open_->block_height);
  check_extents(open_->block_height, block_width, kMaxBlockPixels, path + " (its blocks)");
}

TiffParts::~TiffParts() = default;

int64_t TiffParts::strip_rows(int64_t pixels) const {
  const int64_t block = open_->block_height;
  return std::max<int64_t>(1, ceil_div(pixels, width_ * block)) * block;
}

Image TiffParts::read(int64_t row, int64_t column, int64_t height, int64_t width) const {
  PPL_CHECK(!floats_, path_, ": holds Float32 values; expected Byte or UInt16 in all bands");
  Image part = Image::make(height, width, bands_, depth_);
  open_->read(row, column, height, width, part.u8(), depth_ == 8 ? GDT_Byte : GDT_UInt16, bands_, path_);
  return part;
}

std::vector<float> TiffParts::read_probabilities(int64_t row, int64_t column, int64_t height, int64_t width) const {
  std::vector<float> values(static_cast<size_t>(height * width));
  open_->read(row, column, height, width, values.data(), GDT_Float32, 1, path_);
  for (float& value : values) {
    if (std::isnan(value)) value = 0;
    PPL_CHECK(value >= 0 && value <= 1, path_, ": expected probabilities of 0 to 1, got ", value);
  }
  return values;
}

}  // namespace ppl
