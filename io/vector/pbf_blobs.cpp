#include "io/vector/pbf_blobs.h"

#include <exception>
#include <protozero/pbf_reader.hpp>

namespace ppl {
namespace {

constexpr uint64_t kLargestHeader = 64 << 10, kLargestBlob = 32 << 20;  // by the format's definition

struct BlobHeader {
  bool is_data = false;
  uint64_t size = 0;
};

BlobHeader parse_header(Bytes bytes) {
  BlobHeader header;
  protozero::pbf_reader fields(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (fields.next()) {
    if (fields.tag() == 1) {
      header.is_data = fields.get_view() == protozero::data_view("OSMData");
    } else if (fields.tag() == 3) {
      header.size = static_cast<uint64_t>(fields.get_int32());
    } else {
      fields.skip();
    }
  }
  return header;
}

}  // namespace

std::optional<PbfBlobs> find_pbf_blobs(Bytes file) {
  PbfBlobs blobs;
  for (size_t at = 0; at < file.size();) {
    const Bytes rest = file.subspan(at);
    if (rest.size() < 4) return {};
    const auto byte = [&](size_t i) { return std::to_integer<uint64_t>(rest[i]); };
    const uint64_t length = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    if (length > kLargestHeader || rest.size() - 4 < length) return {};
    BlobHeader header;
    try {
      header = parse_header(rest.subspan(4, length));
    } catch (const std::exception&) {
      return {};
    }
    if (header.size > kLargestBlob || rest.size() - 4 - length < header.size) return {};
    const Bytes blob = rest.first(4 + length + header.size);
    if (header.is_data == (at == 0)) return {};
    header.is_data ? blobs.data.push_back(blob) : void(blobs.header = blob);
    at += blob.size();
  }
  if (blobs.header.empty()) return {};
  return blobs;
}

}  // namespace ppl
