// Which files are images: by their names where folders are listed, by their first bytes where files are opened.
#pragma once

#include <string>
#include <vector>

namespace ppl {

// Whether the file's first bytes are those of a TIFF. Error for one that is no image.
bool is_tiff(const std::string& path);

// Extensions of the formats that are read, in lower case with their dot, the commoner ones first.
const std::vector<std::string>& image_extensions();
bool has_image_extension(const std::string& path);
// "png, jpg, ...", for messages.
std::string image_extension_list();
// Whether the name is that of an image of a format that is not read (.webp, .bmp, .jp2, ...): passed over aloud.
bool has_other_image_extension(const std::string& path);

}  // namespace ppl
