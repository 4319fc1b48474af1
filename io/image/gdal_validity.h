// Where a GDAL dataset has data. For the files that call GDAL.
#pragma once

#include <cpl_string.h>
#include <gdal_priv.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/base.h"

namespace ppl {

// The band that holds opacity, wherever it stands (GDAL's own flags look at the second and fourth only); 0: none.
inline int alpha_band(GDALDataset& d) {
  for (int b = d.GetRasterCount(); b >= 1; --b) {
    if (d.GetRasterBand(b)->GetColorInterpretation() == GCI_AlphaBand) return b;
  }
  return 0;
}

// Error for a file of several images: readers would take the first without a word.
inline void check_one_page(GDALDataset& d, const std::string& path) {
  char** const pages = d.GetMetadata("SUBDATASETS");
  PPL_CHECK(pages == nullptr, path, ": holds ", CSLCount(pages) / 2,
            " images; take one of them: gdal_translate GTIFF_DIR:1:IN OUT");
}

struct GdalWindow {
  int x, y, width, height;
};

// part [height, width] becomes 0 where a band of floats holds no number.
inline CPLErr clear_where_no_number(GDALRasterBand& band, const GdalWindow& w, std::vector<uint8_t>& part) {
  if (!GDALDataTypeIsFloating(band.GetRasterDataType())) return CE_None;
  std::vector<float> values(part.size());
  const CPLErr e =
      band.RasterIO(GF_Read, w.x, w.y, w.width, w.height, values.data(), w.width, w.height, GDT_Float32, 0, 0, nullptr);
  for (size_t i = 0; e == CE_None && i < part.size(); ++i) part[i] = part[i] && !std::isnan(values[i]);
  return e;
}

// valid [height, width]: 0 where the opacity is 0, the file's mask says so, or all of `bands` (from 1) have their
// no-data value or are not a number; else 1.
inline CPLErr read_gdal_validity(GDALDataset& d, const std::vector<int>& bands, const GdalWindow& w, uint8_t* valid) {
  const size_t n = static_cast<size_t>(w.width) * static_cast<size_t>(w.height);
  std::vector<uint8_t> part(n);
  const auto read = [&](GDALRasterBand* band) {
    return band->RasterIO(GF_Read, w.x, w.y, w.width, w.height, part.data(), w.width, w.height, GDT_Byte, 0, 0,
                          nullptr);
  };
  std::fill_n(valid, n, uint8_t{0});
  const int alpha = alpha_band(d);
  for (const int b : bands) {
    if (b == alpha) continue;
    GDALRasterBand* band = d.GetRasterBand(b);
    const int flags = band->GetMaskFlags();
    const bool all_valid = flags & GMF_ALL_VALID || flags & GMF_ALPHA;
    const bool floats = GDALDataTypeIsFloating(band->GetRasterDataType());
    if (all_valid)
      std::fill(part.begin(), part.end(), uint8_t{1});
    else if (const CPLErr e = read(band->GetMaskBand()); e != CE_None)
      return e;
    if (const CPLErr e = clear_where_no_number(*band, w, part); e != CE_None) return e;
    for (size_t i = 0; i < n; ++i) valid[i] |= part[i] != 0;
    if (!floats && (all_valid || flags & GMF_PER_DATASET)) break;  // the same for the other bands
  }
  if (alpha == 0) return CE_None;
  const bool only_alpha = std::all_of(bands.begin(), bands.end(), [&](int b) { return b == alpha; });
  if (only_alpha) std::fill_n(valid, n, uint8_t{1});
  // Opacity of 16 bits: GDAL's conversion to bytes would take 256 and more for 255, and 0 stays 0.
  if (const CPLErr e = read(d.GetRasterBand(alpha)); e != CE_None) return e;
  for (size_t i = 0; i < n; ++i) valid[i] &= part[i] != 0;
  return CE_None;
}

// The file itself and what may lie beside it with its mask or no-data value, so that GDAL need not list the folder.
inline std::vector<std::string> gdal_companions(const std::string& path) {
  const std::filesystem::path file(path);
  std::vector<std::string> names{file.filename().string()};
  for (const char* extension : {".msk", ".aux.xml"}) {
    std::error_code ignored;
    if (std::filesystem::exists(path + extension, ignored)) names.push_back(names[0] + extension);
  }
  return names;
}

}  // namespace ppl
