#include <cpl_conv.h>

#include <cmath>
#include <fstream>
#include <memory>

#include "io/codec.h"
#include "io/gdal_messages.h"
#include "io/vector/raster.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
using Dataset = std::unique_ptr<GDALDataset, Close>;

Dataset open_tiff(const std::string& path) {
  static const char* const kDrivers[] = {"GTiff", nullptr};
  const char* const only_itself[] = {CPLGetFilename(path.c_str()), nullptr};
  return Dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, kDrivers, nullptr, only_itself));
}

bool begins_as_tiff(const std::string& path) {
  char start[2] = {};
  std::ifstream(path, std::ios::binary).read(start, 2);
  return (start[0] == 'I' && start[1] == 'I') || (start[0] == 'M' && start[1] == 'M');
}

}  // namespace

bool is_float_raster(const std::string& path) {
  if (!begins_as_tiff(path)) return false;
  GdalMessages messages;
  const Dataset d = open_tiff(path);
  return d && d->GetRasterCount() > 0 && d->GetRasterBand(1)->GetRasterDataType() == GDT_Float32;
}

ProbabilityRaster read_float_raster(const std::string& path, int64_t max_pixels) {
  GdalMessages messages;
  const Dataset d = open_tiff(path);
  PPL_CHECK(d && d->GetRasterCount() == 1, path, ": expected a TIFF of one band: ", messages.text());
  const int width = d->GetRasterXSize(), height = d->GetRasterYSize();
  check_extents(height, width, max_pixels, path);
  int block_width = 0, block_height = 0;
  d->GetRasterBand(1)->GetBlockSize(&block_width, &block_height);
  check_extents(block_height, block_width, max_pixels, path + " (its blocks)");
  ProbabilityRaster result{height, width, std::vector<float>(static_cast<size_t>(int64_t{height} * width))};
  const CPLErr e = d->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, width, height, result.values.data(), width, height,
                                                 GDT_Float32, 0, 0, nullptr);
  PPL_CHECK(e == CE_None && !messages.failed(), path, ": damaged or incomplete TIFF: ", messages.text());
  for (float& value : result.values) {
    if (std::isnan(value)) value = 0;
    PPL_CHECK(value >= 0 && value <= 1, path, ": expected probabilities of 0 to 1, got ", value);
  }
  return result;
}

}  // namespace ppl
