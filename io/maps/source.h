// Roads and buildings from files: OSM extracts (libosmium) and whatever OGR reads. In builds without the library the
// function throws an Error that says so.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "io/maps/features.h"
#include "io/maps/map_format.h"

namespace ppl {

enum class MapTheme { roads, buildings };

struct MapRequest {
  MapTheme theme = MapTheme::roads;  // lines, or areas
  std::string key;                   // of OSM files: the tag that says the class; empty: highway, building
  bool tunnels = false;              // roads in tunnels, buildings underground
  std::function<bool(const std::string&)> wants_kind;  // of a highway's or building's class; empty: all of them
  bool needs_class = false;                            // layers without an attribute for it are refused
  bool all_features = false;  // every line (polygon) of a layer is a road (building), whatever its attributes say
  std::function<void(double)> progress;  // called now and then with the share that is read; may be empty
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
  int64_t nodeless_ways = 0;     // taken ways that name no node at all
  int64_t seen = 0;              // features of a layer, or objects of an OSM file
  // Of a layer, left out: without a class; in tunnels, underground; without a line (polygon) of two (three) points.
  int64_t classless = 0, hidden = 0, shapeless = 0;
  std::map<std::string, int64_t> other;  // of a layer, left out: of these classes
  std::string drawn_classless;           // attributes of a layer that has none for the class and is drawn all the same
  std::vector<std::string> notes;        // what else the user should know
};

// Appends to `layer` (WGS 84 degrees). A sorted .osm.pbf is read once, from its end, so that it is known of every node
// whether it is used; other files are read three times. Memory: see OsmCollector. Error naming the file where it cannot
// be read to its end, says itself that it is not complete, holds several versions of an object, or holds ways without
// the places of their nodes.
SourceReport read_osm(const std::string& path, const MapFile&, const MapRequest&, FeatureLayer& layer);

struct OgrFields {
  std::string kind, lanes, width;  // names of attributes; empty: "highway", "lanes", "width" where a layer has them
  std::string layer;               // of the file; empty: all of them
  std::string crs;                 // for layers that have none
};

// Adds the layers of the file that hold roads or buildings, to the layer of `layers` of the same coordinate system or
// as a new one. Error where a layer has no coordinate system or its degrees are off the earth, an attribute named is
// not there, it cannot be told which features are asked for, or nothing can be read.
SourceReport read_ogr(const std::string& path, const MapFile&, const MapRequest&, const OgrFields&,
                      std::vector<FeatureLayer>& layers);

}  // namespace ppl
