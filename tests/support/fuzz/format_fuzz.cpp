#include "tests/support/fuzz/format_fuzz.h"

#include "io/image/codecs/codec.h"
#include "io/json_text.h"
#include "io/tiles/input_spec.h"
#include "io/utf8.h"
#include "io/weights/safetensors.h"
#include "tests/support/fuzz/fuzz.h"

namespace ppl::test {
namespace {

template <class Work>
void allowing_errors(Work&& work) {
  try {
    work();
  } catch (const Error&) {
  }
}

void try_image(Bytes bytes) {
  const ImageCodec& codec = codec_of(bytes, "file");
  const ImageHeader header = codec.header(bytes, "file");
  DecodeOptions options;
  options.max_pixels = 1 << 20;
  const StoredImage read = codec.decode(bytes, options, "file");
  require(read.image.height == header.height && read.image.width == header.width, "a header of another size");
  require(static_cast<int64_t>(read.image.bytes.size()) == read.image.count() * read.image.depth / 8,
          "an image without the bytes of its shape");
}

void try_safetensors(Bytes bytes) {
  uint64_t total = 0;
  for (const auto& [name, array] : parse_safetensors(bytes, "file").arrays) total += array.bytes.size();
  require(total <= bytes.size(), "arrays that outgrow the file");
}

}  // namespace

void try_format(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\x89PNG") || text.starts_with("\xff\xd8")) return allowing_errors([&] { try_image(bytes); });
  allowing_errors([&] { try_safetensors(bytes); });
  allowing_errors([&] { input_spec_from_json(text, "file"); });
  allowing_errors([&] { parse_json(text, "file", true); });
  const std::string valid = as_utf8(text);
  require(as_utf8(valid) == valid, "text that is not UTF-8 after all");
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_format)
