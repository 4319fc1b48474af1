// Names of files are bytes; pages and layers are UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace ppl {

// UTF-8 as it is; a byte that belongs to no character is taken for Latin-1, so that different names stay different.
std::string as_utf8(std::string_view text);

}  // namespace ppl
