// Sorted .osm.pbf files, read once.
#pragma once

#include "io/file.h"
#include "io/maps/source.h"

namespace ppl {

// Reads from the end to the beginning: relations say which ways are used, ways say which nodes. False, with nothing
// added, where the file cannot be read so: it is not sorted, or more has to be understood than current objects.
bool read_sorted_pbf(const MappedFile& file, const MapRequest&, FeatureLayer& layer, SourceReport& report);

}  // namespace ppl
