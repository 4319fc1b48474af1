#include "io/tables/image_id.h"

#include <algorithm>
#include <regex>

#include "io/folder.h"
#include "io/image/formats.h"
#include "io/tables/csv.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Extensions of what may be named after an image, and of images that others have and we do not read.
const std::vector<std::string>& extensions() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names = image_extensions();
    names.insert(names.end(), {".jp2", ".vrt", ".geojson", ".json", ".gpkg", ".fgb", ".shp", ".csv"});
    return names;
  }();
  return all;
}

std::string_view without_extension(std::string_view name) {
  const std::string lower = lower_case(std::string(name));
  for (const std::string& extension : extensions()) {
    if (lower.size() > extension.size() && lower.ends_with(extension)) {
      return name.substr(0, name.size() - extension.size());
    }
  }
  return name;
}

}  // namespace

std::string image_id_of(std::string_view name) {
  name = strip(name);
  const std::string_view plain = without_extension(name);
  // A name with an extension may come with its folder.
  if (plain.size() < name.size()) name = plain.substr(plain.find_last_of("/\\") + 1);
  std::string id(name);
  constexpr size_t kLongest = 256;  // std::regex recurses
  if (id.size() > kLongest) return id;
  std::smatch parts;
  if (id.find("AOI_") != std::string::npos) {
    // Further words of a city begin with a capital (San_Juan), and so does the product "Buildings".
    static const std::regex spacenet(
        "(AOI_[0-9]+_[A-Za-z]+(?:_(?!Buildings|Roads)[A-Z][a-z]+)*)(?:_.*)?_((?:img|chip)[0-9]+)(?:_sat|_mask)?$");
    if (std::regex_search(id, parts, spacenet)) return parts.str(1) + "_" + parts.str(2);
  }
  if (id.find("_tile_") != std::string::npos) {
    static const std::regex spacenet6("(?:^|_)([0-9]{14}_[0-9]{14}_tile_[0-9]+)$");
    if (std::regex_search(id, parts, spacenet6)) return parts.str(1);
  }
  return id;
}

bool is_spacenet_id(std::string_view id) {
  if (!id.starts_with("AOI_")) return false;
  id.remove_prefix(4);
  const size_t digits = std::min(id.find_first_not_of("0123456789"), id.size());
  id.remove_prefix(digits);
  const size_t city = id.empty() ? 0 : std::min(id.find('_', 1), id.size());
  return digits > 0 && id.starts_with('_') && city > 1 && city + 1 < id.size();
}

const std::vector<std::string>& image_columns() {
  static const std::vector<std::string> names{"ImageId",  "image",     "image name", "img id",
                                              "filename", "file name", "tile id",    "chip id"};
  return names;
}

std::string such_as(size_t count, std::string_view first) {
  return cat(count, count == 1 ? " image, '" : " images, such as '", first, "'");
}

bool utf16_less(std::string_view a, std::string_view b) {
  // Lead bytes of U+E000..U+FFFF (0xEE, 0xEF) come after those of the planes above, which UTF-16 writes as D800..DFFF.
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x100 : int{byte};
  };
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  return rank(*x) < rank(*y);
}

}  // namespace ppl
