// Stands in for jpeg.cpp in builds without libjpeg.
#include "io/image/codecs/codec.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no libjpeg, so it cannot read or write JPEG images"));
}
}  // namespace

ImageHeader jpeg_header(Bytes, const std::string& where) { missing(where); }
StoredImage decode_jpeg(Bytes, const DecodeOptions&, const std::string& where) { missing(where); }
std::vector<std::byte> encode_jpeg(const Image&, int, const std::string& where) { missing(where); }

}  // namespace ppl
