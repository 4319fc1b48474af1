#include "io/image/formats.h"

#include <algorithm>

#include "io/folder.h"
#include "io/image/codecs/codec.h"

namespace ppl {
namespace {

using namespace std::string_view_literals;

// The only list of formats.
const std::vector<ImageCodec>& codecs() {
  static const std::vector<ImageCodec> all{
      {"PNG", {"\x89PNG\r\n\x1a\n"sv}, {".png"}, png_header, decode_png},
      {"JPEG", {"\xff\xd8\xff"sv}, {".jpg", ".jpeg"}, jpeg_header, decode_jpeg},
      {"TIFF",
       {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv},
       {".tif", ".tiff"},
       [](Bytes, const std::string& path) { return tiff_header(path); },
       [](Bytes, const DecodeOptions& options, const std::string& path) { return decode_tiff(path, options); }},
  };
  return all;
}

// What people have besides, to be told by its name.
struct Other {
  std::string_view name, start;
  size_t at;  // where in the file `start` stands
};
constexpr Other kOthers[] = {
    {"a JPEG 2000 image", "\0\0\0\x0cjP  "sv, 0},
    {"a JPEG 2000 image", "\xff\x4f\xff\x51"sv, 0},
    {"a WebP image", "WEBP"sv, 8},
    {"a BMP image", "BM"sv, 0},
    {"a GIF image", "GIF8"sv, 0},
    {"a HEIF or AVIF image", "ftyp"sv, 4},
    {"a Git LFS pointer", "version https://git-lfs"sv, 0},
    {"a web page", "<!DOCTYPE"sv, 0},
    {"a web page", "<html"sv, 0},
    {"a macOS resource fork", "\0\x05\x16\x07"sv, 0},
};
constexpr const char* kOtherExtensions[] = {".jp2",  ".j2k", ".webp", ".bmp", ".gif",  ".heic", ".heif",
                                            ".avif", ".img", ".ecw",  ".sid", ".jfif", ".npy",  ".jpe",
                                            ".jxl",  ".ppm", ".pgm",  ".vrt", ".ntf"};

// "PNG, JPEG or TIFF"
std::string format_names() {
  std::string text;
  for (const ImageCodec& codec : codecs()) {
    const char* between = text.empty() ? "" : &codec == &codecs().back() ? " or " : ", ";
    text += cat(between, codec.name);
  }
  return text;
}

}  // namespace

const ImageCodec& codec_of(Bytes bytes, const std::string& where) {
  PPL_CHECK(!bytes.empty(), where, ": the file is empty");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 64));
  for (const ImageCodec& codec : codecs()) {
    for (const std::string_view start : codec.starts) {
      if (text.starts_with(start)) return codec;
    }
  }
  for (const Other& other : kOthers) {
    if (text.size() > other.at && text.substr(other.at).starts_with(other.start))
      throw Error(cat(where, ": expected a ", format_names(), " image, got ", other.name));
  }
  throw Error(cat(where, ": expected a ", format_names(), " image; the first bytes are of none of them"));
}

bool is_tiff(const std::string& path) {
  const MappedFile file(path);
  return codec_of(file.bytes(), path).name == "TIFF";
}

const std::vector<std::string>& image_extensions() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> list;
    for (const ImageCodec& codec : codecs()) list.insert(list.end(), codec.extensions.begin(), codec.extensions.end());
    return list;
  }();
  return all;
}

bool has_image_extension(const std::string& path) {
  const std::vector<std::string>& all = image_extensions();
  return std::find(all.begin(), all.end(), extension_of(path)) != all.end();
}

std::string image_extension_list() {
  std::string text;
  for (const std::string& extension : image_extensions()) text += (text.empty() ? "" : ", ") + extension.substr(1);
  return text;
}

bool has_other_image_extension(const std::string& path) {
  return std::find(std::begin(kOtherExtensions), std::end(kOtherExtensions), extension_of(path)) !=
         std::end(kOtherExtensions);
}

}  // namespace ppl
