// Where a TIFF lies on the earth, and that it really says so: GDAL writes it when the file is closed, and swallows what
// goes wrong then.
#pragma once

#include <cpl_vsi.h>
#include <gdal_priv.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "io/gdal_messages.h"
#include "io/image/geotiff.h"
#include "kernels/base.h"

namespace ppl {

inline void set_place(GDALDataset& d, const GeoReference& geo, const std::string& path, const GdalMessages& messages) {
  std::array<double, 6> transform = geo.transform;
  const bool placed = d.SetGeoTransform(transform.data()) == CE_None &&
                      (geo.crs.empty() || d.SetProjection(geo.crs.c_str()) == CE_None);
  PPL_CHECK(placed, path, ": cannot say in the TIFF where it lies: ", messages.text());
}

// Of the closed file `name`, which will be `path`.
inline void check_place(const std::string& name, const GeoReference& geo, const std::string& path) {
  const GdalMessages messages;
  VSIUnlink((name + ".aux.xml").c_str());  // where GDAL may have put what it could not write into the file
  struct Close {
    void operator()(GDALDataset* d) const { GDALClose(d); }
  };
  const std::unique_ptr<GDALDataset, Close> d(GDALDataset::Open(name.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY));
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};  // what a file without a place has
  if (d) d->GetGeoTransform(transform.data());
  bool right = d != nullptr;
  for (size_t i = 0; i < transform.size() && right; ++i)
    right = std::fabs(transform[i] - geo.transform[i]) <= 1e-9 * (1 + std::fabs(geo.transform[i]));
  const OGRSpatialReference wanted(geo.crs.empty() ? nullptr : geo.crs.c_str());
  const bool on_earth = wanted.IsProjected() || wanted.IsGeographic();
  PPL_CHECK(right && (!on_earth || d->GetSpatialRef()), path, ": the TIFF does not say where it lies: ",
            messages.failed() ? messages.text() : "GDAL lost the place or the coordinate system");
}

}  // namespace ppl
