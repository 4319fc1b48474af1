// Which files are images: by their names where folders are listed, by their first bytes where files are opened.
#pragma once

#include <string>
#include <vector>

#include "io/file.h"

namespace ppl {

enum class ImageFormat { jpeg, png, tiff };

// By the first bytes; Error for an empty file and for what is none of these.
ImageFormat image_format(Bytes, const std::string& where);
// Whether the file's first bytes are those of a TIFF. Error for one that is no image.
bool is_tiff(const std::string& path);

// Extensions of the formats above, in lower case with their dot, the commoner ones first.
const std::vector<std::string>& image_extensions();
bool has_image_extension(const std::string& path);
// "png, jpg, ...", for messages.
std::string image_extension_list();

}  // namespace ppl
