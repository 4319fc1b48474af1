// Opening what OGR reads, for the files that call it.
#pragma once

#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <memory>
#include <string>
#include <vector>

#include "io/gdal_messages.h"

namespace ppl {

struct CloseDataset {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
using OgrFile = std::unique_ptr<GDALDataset, CloseDataset>;

// Only by these drivers: a hostile file must not make GDAL follow names to other files or hosts. Error where none of
// them takes the file as `what` ("a layer of roads"), and where there is no such file.
OgrFile open_ogr(const std::string& path, const std::vector<std::string>& drivers, const std::string& what,
                 const GdalMessages& messages);
// All vector drivers but those whose files name other files or addresses to go on with, and OSM, which is not OGR's.
std::vector<std::string> drivers_of_plain_files();
// After the last feature: Error where GDAL complained of one.
void check_read_to_its_end(const std::string& path, const GdalMessages& messages);

// Empty where it has none.
std::string wkt_of(const OGRSpatialReference* reference);

// By the type that the layer declares.
bool only_polygons(OGRLayer& layer);

// Empty for -1 and for what is not set; of a list the first.
std::string text_of(const OGRFeature& feature, int field);

}  // namespace ppl
