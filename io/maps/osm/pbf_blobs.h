// The blobs that an .osm.pbf file is made of: where they lie, so that any of them can be read before the others, and
// what is packed into them. Exceptions (Error, protozero's) say what is wrong, not in which file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/file.h"

namespace ppl {

struct PbfBlobs {
  Bytes header;             // OSMHeader
  std::vector<Bytes> data;  // OSMData, in the file's order
};

// Nothing where the bytes are not such a file from their first to their last.
std::optional<PbfBlobs> find_pbf_blobs(Bytes file);

// Bytes that a blob says to hold, not checked.
uint64_t unpacked_size(Bytes blob);
// What is packed into a blob: a part of it, or in `unpacked`, which it then has for itself.
Bytes unpack_pbf_blob(Bytes blob, std::vector<std::byte>& unpacked);

struct PbfHeader {
  bool plain = true;     // nothing has to be understood beyond current objects and dense nodes
  bool history = false;  // several versions of objects, and deleted ones
  int64_t seconds = -1;  // of the data, since 1970; -1 where it does not say
};
PbfHeader read_pbf_header(Bytes blob);

}  // namespace ppl
