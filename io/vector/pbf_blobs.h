// Where the blobs of an .osm.pbf file lie, so that any of them can be read before the others.
#pragma once

#include <optional>
#include <vector>

#include "io/file.h"

namespace ppl {

struct PbfBlobs {
  Bytes header;             // OSMHeader, with its length in front
  std::vector<Bytes> data;  // OSMData, likewise, in the file's order
};

// Nothing where the bytes are not such a file from their first to their last.
std::optional<PbfBlobs> find_pbf_blobs(Bytes file);

}  // namespace ppl
