#include "io/image/tiff_parts.h"

#include <cpl_conv.h>

#include <cmath>
#include <cstdlib>
#include <numeric>

#include "io/gdal_messages.h"
#include "io/image/codecs/codec.h"
#include "io/image/gdal_palette.h"
#include "io/image/gdal_validity.h"

namespace ppl {
namespace {

constexpr int64_t kMaxBlockPixels = int64_t{1} << 28;
constexpr GIntBig kHeldBlocks = GIntBig{64} << 20;  // bytes; GDAL would keep a twentieth of the machine's memory

bool is_real(GDALDataType type) { return type == GDT_Float32 || type == GDT_Float64; }

int bits_of(GDALRasterBand& band) {
  const char* bits = band.GetMetadataItem("NBITS", "IMAGE_STRUCTURE");
  return bits ? std::atoi(bits) : GDALGetDataTypeSizeBits(band.GetRasterDataType());
}

}  // namespace

struct TiffParts::Open {
  GDALDataset* dataset = nullptr;
  int block_height = 0;

  ~Open() {
    if (dataset) GDALClose(dataset);
  }
  void read(int band, int64_t row, int64_t column, int64_t height, int64_t width, void* to, GDALDataType type,
            const std::string& path) const {
    const GdalMessages messages;
    const int x = static_cast<int>(column), y = static_cast<int>(row), w = static_cast<int>(width),
              h = static_cast<int>(height);
    const CPLErr e = dataset->GetRasterBand(band)->RasterIO(GF_Read, x, y, w, h, to, w, h, type, 0, 0, nullptr);
    PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete TIFF: ", messages.text());
    if (GDALGetCacheUsed64() > kHeldBlocks) dataset->FlushCache();
  }
};

TiffParts::TiffParts(const std::string& path) : path_(path), open_(std::make_unique<Open>()) {
  const GdalMessages messages;
  static const char* const kDrivers[] = {"GTiff", nullptr};
  const std::vector<std::string> names = gdal_companions(path);
  std::vector<const char*> siblings;
  for (const std::string& name : names) siblings.push_back(name.c_str());
  siblings.push_back(nullptr);
  open_->dataset = GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, kDrivers,
                                     nullptr, siblings.data());
  PPL_CHECK(open_->dataset, path, ": cannot open the image: ", messages.text());
  GDALDataset& d = *open_->dataset;
  height_ = d.GetRasterYSize();
  width_ = d.GetRasterXSize();
  bands_ = d.GetRasterCount();
  PPL_CHECK(bands_ > 0 && bands_ <= 4096, path, ": a TIFF with ", bands_, " bands");
  check_one_page(d, path);
  GDALRasterBand& first = *d.GetRasterBand(1);
  for (int b = 1; b <= bands_; ++b) {
    const GDALDataType type = d.GetRasterBand(b)->GetRasterDataType();
    PPL_CHECK(!GDALDataTypeIsComplex(type), path, ": band ", b, " holds complex numbers");
    floats_ |= is_real(type);
  }
  bits_ = bits_of(first);
  alpha_ = alpha_band(d);
  palette_ = palette_of(first);
  const char* inverted = d.GetMetadataItem("MINISWHITE", "IMAGE_STRUCTURE");
  inverted_ = inverted && std::string(inverted) == "YES";
  int declared = 0;
  const double no_data = first.GetNoDataValue(&declared);
  if (declared) no_data_ = no_data;
  plain_ = bands_ == 1 && alpha_ == 0 && first.GetRasterDataType() == GDT_Byte && !inverted_ &&
           (first.GetMaskFlags() & (GMF_ALL_VALID | GMF_NODATA)) != 0;
  int block_width = 0;
  first.GetBlockSize(&block_width, &open_->block_height);
  check_extents(open_->block_height, block_width, kMaxBlockPixels, path + " (its blocks)");
}

TiffParts::~TiffParts() = default;

int64_t TiffParts::strip_rows(int64_t pixels) const {
  const int64_t block = open_->block_height;
  return std::max<int64_t>(1, ceil_div(pixels, width_ * block)) * block;
}

std::vector<double> TiffParts::read_band(int band, int64_t row, int64_t column, int64_t height, int64_t width) const {
  std::vector<double> values(static_cast<size_t>(height * width));
  open_->read(band, row, column, height, width, values.data(), GDT_Float64, path_);
  return values;
}

std::vector<uint8_t> TiffParts::read_bytes(int64_t row, int64_t column, int64_t height, int64_t width) const {
  std::vector<uint8_t> values(static_cast<size_t>(height * width));
  open_->read(1, row, column, height, width, values.data(), GDT_Byte, path_);
  return values;
}

std::vector<uint8_t> TiffParts::read_validity(int64_t row, int64_t column, int64_t height, int64_t width) const {
  const GdalMessages messages;
  std::vector<uint8_t> valid(static_cast<size_t>(height * width));
  std::vector<int> bands(static_cast<size_t>(bands_));
  std::iota(bands.begin(), bands.end(), 1);
  const GdalWindow window{static_cast<int>(column), static_cast<int>(row), static_cast<int>(width),
                          static_cast<int>(height)};
  const CPLErr e = read_gdal_validity(*open_->dataset, bands, window, valid.data());
  PPL_CHECK(e == CE_None && !messages.failed(), path_, ": damaged or incomplete TIFF: ", messages.text());
  return valid;
}

std::vector<float> TiffParts::read_probabilities(int64_t row, int64_t column, int64_t height, int64_t width) const {
  PPL_CHECK(bands_ - (alpha_ > 0) == 1, path_, ": expected one band of probabilities, got ", bands_);
  PPL_CHECK(floats_ || bits_ == 8 || bits_ == 16, path_, ": expected probabilities as 8 or 16 bits or floats, got ",
            bits_, " bits a value");
  const std::vector<double> values = read_band(1, row, column, height, width);
  const std::vector<uint8_t> valid = read_validity(row, column, height, width);
  const float most = floats_ ? 1.0f : bits_ == 8 ? 255.0f : 65535.0f;
  std::vector<float> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!valid[i] || std::isnan(values[i])) continue;
    result[i] = static_cast<float>(values[i]) / most;
    PPL_CHECK(result[i] >= 0 && result[i] <= 1, path_, ": expected probabilities of 0 to 1, got ", values[i]);
  }
  return result;
}

}  // namespace ppl
