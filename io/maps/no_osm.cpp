// Stands in for osm_source.cpp in builds without libosmium.
#include "io/maps/source.h"
#include "kernels/base.h"

namespace ppl {

bool is_osm_file(const std::string& path) {
  for (const char* extension : {".osm", ".osm.gz", ".osm.bz2", ".pbf"}) {
    if (path.ends_with(extension)) return true;
  }
  return false;
}

SourceReport read_osm(const std::string& path, const MapRequest&, FeatureLayer&) {
  throw Error(cat(path, ": this build has no libosmium, so it cannot read OSM files"));
}

}  // namespace ppl
