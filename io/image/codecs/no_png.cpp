// Stands in for png.cpp in builds without libpng.
#include "io/image/codecs/codec.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no libpng, so it cannot read or write PNG images"));
}
}  // namespace

ImageHeader png_header(Bytes, const std::string& where) { missing(where); }
StoredImage decode_png(Bytes, const DecodeOptions&, const std::string& where) { missing(where); }
std::vector<std::byte> encode_png(const Image&, const std::string& where) { missing(where); }

}  // namespace ppl
