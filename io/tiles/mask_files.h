// The masks of a folder.
#pragma once

#include <map>
#include <string>

namespace ppl {

// id -> path of every <id><suffix>.{png,tif,tiff,jpg,jpeg} of a folder, not of its subfolders. Error where the folder
// cannot be read or two files share an id.
std::map<std::string, std::string> list_masks(const std::string& folder, const std::string& suffix);

}  // namespace ppl
