// The known name closest to what was written, for error messages.
#pragma once

#include <string>
#include <vector>

namespace ppl {

// By edit distance; empty where there are no names.
std::string nearest_name(const std::string& written, const std::vector<std::string>& known);

}  // namespace ppl
