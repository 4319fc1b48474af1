#include "io/maps/osm/pbf_blobs.h"

#include <zlib.h>

#include <algorithm>
#include <exception>
#include <protozero/pbf_reader.hpp>

#include "io/maps/osm/pbf_fields.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using pbf::bytes, pbf::number;

constexpr uint64_t kLargestHeader = 64 << 10, kLargestBlob = 32 << 20;  // by the format's definition

protozero::pbf_reader fields_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct BlobHeader {
  bool is_data = false;
  uint64_t size = 0;
};

BlobHeader parse_header(Bytes message) {
  BlobHeader header;
  protozero::pbf_reader fields = fields_of(message);
  while (fields.next()) {
    if (fields.tag_and_type() == bytes(1)) {
      header.is_data = fields.get_view() == protozero::data_view("OSMData");
    } else if (fields.tag_and_type() == number(3)) {
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
  bool first = true;
  for (Bytes rest = file; !rest.empty(); first = false) {
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
    rest = rest.subspan(4 + length);
    if (header.size > kLargestBlob || rest.size() < header.size || header.is_data == first) return {};
    header.is_data ? blobs.data.push_back(rest.first(header.size)) : void(blobs.header = rest.first(header.size));
    rest = rest.subspan(header.size);
  }
  if (blobs.header.empty()) return {};
  return blobs;
}

uint64_t unpacked_size(Bytes blob) {
  protozero::pbf_reader fields = fields_of(blob);
  while (fields.next()) {
    if (fields.tag_and_type() == number(2)) return static_cast<uint64_t>(std::max(0, fields.get_int32()));
    fields.skip();
  }
  return blob.size();
}

Bytes unpack_pbf_blob(Bytes blob, std::vector<std::byte>& unpacked) {
  protozero::data_view zlib;
  uint64_t size = 0;
  protozero::pbf_reader fields = fields_of(blob);
  while (fields.next()) {
    if (fields.tag_and_type() == bytes(1)) {
      const protozero::data_view raw = fields.get_view();
      PPL_CHECK(raw.size() <= kLargestBlob, "a blob of ", raw.size(), " bytes; expected at most ", kLargestBlob);
      return {reinterpret_cast<const std::byte*>(raw.data()), raw.size()};
    }
    if (fields.tag_and_type() == number(2)) {
      size = static_cast<uint64_t>(fields.get_int32());
    } else if (fields.tag_and_type() == bytes(3)) {
      zlib = fields.get_view();
    } else {
      throw Error(cat("a blob packed in a way (", fields.tag(), ") that is not zlib's; write the file again by ",
                      "osmium cat in.osm.pbf -o out.osm.pbf"));
    }
  }
  PPL_CHECK(size > 0 && size <= kLargestBlob && !zlib.empty(), "a blob without data or of no allowed size");
  unpacked.resize(size);
  uLongf done = size;
  const int result = uncompress(reinterpret_cast<Bytef*>(unpacked.data()), &done,
                                reinterpret_cast<const Bytef*>(zlib.data()), zlib.size());
  PPL_CHECK(result == Z_OK && done == size, "a blob of ", size, " bytes is damaged");
  return unpacked;
}

PbfHeader read_pbf_header(Bytes blob) {
  std::vector<std::byte> unpacked;
  PbfHeader header;
  protozero::pbf_reader fields = fields_of(unpack_pbf_blob(blob, unpacked));
  while (fields.next()) {
    if (fields.tag_and_type() == bytes(4)) {
      const protozero::data_view feature = fields.get_view();
      header.history |= feature == protozero::data_view("HistoricalInformation");
      header.plain &=
          feature == protozero::data_view("OsmSchema-V0.6") || feature == protozero::data_view("DenseNodes");
    } else if (fields.tag_and_type() == number(32)) {
      header.seconds = fields.get_int64();
    } else {
      fields.skip();
    }
  }
  return header;
}

}  // namespace ppl
