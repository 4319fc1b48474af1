// Roads and buildings from files: OSM extracts (libosmium) and whatever OGR reads. In builds without the library the
// function throws an Error that says so.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/maps/features.h"

namespace ppl {

enum class MapTheme { roads, buildings };

struct MapRequest {
  MapTheme theme = MapTheme::roads;
  bool tunnels = false;                                // roads in tunnels, buildings underground
  std::function<bool(const std::string&)> wants_kind;  // of a highway's or building's class; empty: all of them
  std::function<void(double)> progress;                // called now and then with the share that is read; may be empty
  int threads = 1;
};

// What a file held and what became of it.
struct SourceReport {
  std::string path;
  std::string date;  // of the extract, where its header says so
  bool osm = false;
  int64_t nodes = 0, ways = 0;   // in the file (OSM)
  int64_t features = 0;          // taken
  int64_t missing_nodes = 0;     // references of taken ways to nodes that the file lacks
  int64_t cut_ways = 0;          // roads drawn as far as their nodes are there
  int64_t incomplete_areas = 0;  // multipolygons and outlines left out because parts are missing
  int64_t broken_areas = 0;      // whose rings do not close or that cannot be assembled
};

// .osm, .osm.gz, .osm.bz2, .osm.pbf, .pbf
bool is_osm_file(const std::string& path);

// Appends to `layer` (WGS 84 degrees). A sorted .osm.pbf is read once, from its end, so that it is known of every node
// whether it is used; other files are read three times. Memory: see OsmCollector. Error naming the file where it cannot
// be read to its end or holds no objects.
SourceReport read_osm(const std::string& path, const MapRequest&, FeatureLayer& layer);

struct OgrFields {
  std::string kind, lanes, width;  // names of attributes; empty: "highway", "lanes", "width" where a layer has them
  std::string layer;               // of the file; empty: all of them
  std::string crs;                 // for layers that have none
};

// Appends a layer for each layer of the file with lines (roads) or polygons. Error where a layer has no coordinate
// system, an attribute named is not there, or nothing can be read.
SourceReport read_ogr(const std::string& path, const MapRequest&, const OgrFields&, std::vector<FeatureLayer>& layers);

}  // namespace ppl
