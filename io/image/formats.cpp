#include "io/image/formats.h"

#include <algorithm>
#include <string_view>

#include "io/folder.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct Known {
  ImageFormat format;
  std::vector<std::string_view> starts;  // a file of the format begins with one of these
  std::vector<std::string> extensions;
};

using namespace std::string_view_literals;

// The only list of formats.
const std::vector<Known>& known_formats() {
  static const std::vector<Known> known{
      {ImageFormat::png, {"\x89PNG\r\n\x1a\n"sv}, {".png"}},
      {ImageFormat::jpeg, {"\xff\xd8\xff"sv}, {".jpg", ".jpeg"}},
      {ImageFormat::tiff, {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}, {".tif", ".tiff"}},
  };
  return known;
}

}  // namespace

ImageFormat image_format(Bytes bytes, const std::string& where) {
  PPL_CHECK(!bytes.empty(), where, ": the file is empty");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 8));
  for (const Known& known : known_formats()) {
    for (const std::string_view start : known.starts) {
      if (text.starts_with(start)) return known.format;
    }
  }
  throw Error(cat(where, ": expected a JPEG, PNG or TIFF image; the first bytes are of none of them"));
}

bool is_tiff(const std::string& path) {
  const MappedFile file(path);
  return image_format(file.bytes(), path) == ImageFormat::tiff;
}

const std::vector<std::string>& image_extensions() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> list;
    for (const Known& known : known_formats())
      list.insert(list.end(), known.extensions.begin(), known.extensions.end());
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

}  // namespace ppl
