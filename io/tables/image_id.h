// What images are called in tables, layers and file names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ppl {

// The id of an image that a table, a layer or a file's name (without folders) names: without blanks around it and
// without the extension of an image or a layer. SpaceNet's names lose what says which product they are of:
// SN3_roads_train_AOI_2_Vegas_PS-RGB_img7.tif and AOI_2_Vegas_img7 are AOI_2_Vegas_img7, the same with chip, and
// SN6_..._20190804120223_20190804120456_tile_7 is 20190804120223_20190804120456_tile_7.
std::string image_id_of(std::string_view name);

// Whether the id is one of SpaceNet's: AOI_, a number, a city and more.
bool is_spacenet_id(std::string_view id);

// Names of the column or field that says which image a row or feature belongs to, the surest first.
const std::vector<std::string>& image_columns();

// "3 images, such as 'a'"; of `ids` only the first is looked at.
std::string such_as(size_t count, std::string_view first);

// Order by UTF-16 code units of two UTF-8 texts: differs from that of the bytes above U+E000.
bool utf16_less(std::string_view a, std::string_view b);
struct Utf16Less {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return utf16_less(a, b); }
};

}  // namespace ppl
