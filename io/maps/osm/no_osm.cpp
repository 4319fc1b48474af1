// Stands in for osm_source.cpp and packed_reader.cpp in builds without libosmium.
#include "io/maps/source.h"
#include "kernels/base.h"

namespace ppl {

struct PackedReader::Stream {
  MappedFile file;
  bool done = false;
};

PackedReader::PackedReader(const std::string& path) : stream_(std::make_unique<Stream>()) {
  stream_->file = MappedFile(path);
  PPL_CHECK(packing() == Packing::none, path, ": this build has no libosmium, so it reads no packed files");
}
PackedReader::~PackedReader() = default;
Packing PackedReader::packing() const { return packing_of(stream_->file.bytes()); }
double PackedReader::share_read() const { return stream_->done ? 1 : 0; }
Bytes PackedReader::read() {
  const Bytes all = stream_->done ? Bytes() : stream_->file.bytes();
  stream_->done = true;
  return all;
}

SourceReport read_osm(const std::string& path, const MapFile&, const MapRequest&, FeatureLayer&) {
  throw Error(cat(path, ": this build has no libosmium, so it cannot read OSM files"));
}

}  // namespace ppl
