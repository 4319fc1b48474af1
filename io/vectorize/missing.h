// What a map does not have of what was traced.
#pragma once

#include <string>
#include <vector>

#include "io/maps/source.h"
#include "io/vectorize/vectorize.h"

namespace ppl::vectorize {

class KnownMap {
 public:
  // OSM files, or layers that GDAL reads, as rasterize reads them. Of OSM files railways, runways and water too, where
  // roads are asked for. Error where a file cannot be read.
  KnownMap(const std::vector<std::string>& paths, MapTheme theme);

  size_t size() const;  // roads or buildings
  const std::vector<std::string>& notes() const { return notes_; }

  // Roads: pieces farther than `within` from the map's roads, drawn on to these where they begin; without pieces
  // shorter than shortest (pixels), and those that lie along a railway, a runway or a river or on water. Error where
  // the image does not say where it lies.
  void keep_missing_roads(VectorizedImage&, const Length& within, double shortest) const;
  // Buildings of which less than a third is covered by the map's.
  void keep_missing_buildings(VectorizedImage&) const;

 private:
  void read_osm_file(const std::string& path, const MapFile&, MapTheme);
  std::vector<FeatureLayer> known_, blockers_;
  std::vector<std::string> notes_;
};

// The same of many images, in place. "of 12 roads 3 pieces are not among the map's 40".
std::string keep_missing(const KnownMap&, std::vector<VectorizedImage>&, const RoadSettings&, const Length& within);
std::string keep_missing(const KnownMap&, std::vector<VectorizedImage>&);  // buildings

}  // namespace ppl::vectorize
