// What OGR reads of a map's file: itself, what is packed in it, tables of text.
#pragma once

#include <vector>

#include "io/maps/map_format.h"
#include "io/maps/ogr/layers.h"

namespace ppl {

struct OpenedMap {
  std::string where;  // for messages: the file, and what of a zip archive
  OgrFile file;
};

// The file, or all files with vectors of a zip archive. Error naming the file where none is there or cannot be opened.
std::vector<OpenedMap> open_map(const std::string& path, const MapFile&, const GdalMessages& messages);

}  // namespace ppl
