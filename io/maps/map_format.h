// What a file with a map is, by its content; its name says nothing.
#pragma once

#include <string>

#include "io/maps/packed_reader.h"

namespace ppl {

enum class MapFormat {
  osm_xml,  // <osm>, <osmChange>
  osm_pbf,
  osm_o5m,
  geojson_lines,  // a Feature in each line, or behind a tab in each (Microsoft's roads)
  table,          // of text, with a column of geometries: see geometry_columns()
  other,          // left to OGR
};

struct MapFile {
  MapFormat format = MapFormat::other;
  Packing packing = Packing::none;
  bool behind_tab = false;               // geojson_lines
  bool json = false, names_crs = false;  // GeoJSON; with a member "crs"
  bool parquet = false;
  bool places_named = false;  // table: has columns of latitude and longitude too, so that its geometries are in degrees

  bool osm() const {
    return format == MapFormat::osm_xml || format == MapFormat::osm_pbf || format == MapFormat::osm_o5m;
  }
};

// Error naming the file where there is none, it is empty, or of a kind that is known and not read: a web page, a
// pointer of Git LFS, Overpass' JSON, something packed otherwise. A folder is `other`.
MapFile look_at_map(const std::string& path);

// Of the unpacked beginning of a file; `whole` where that is all of it. Error naming `where`.
MapFile map_format_of(std::string_view begin, bool whole, const std::string& where);

// Names of columns that hold geometries as text, in the order they are looked for.
const std::vector<std::string>& geometry_columns();

}  // namespace ppl
