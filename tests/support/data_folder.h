// Where real data is looked for: it is not the project's, so tests that want it say that they skip without it.
#pragma once

#include <string>

namespace ppl::test {

// A folder of ../shared/data beside the sources (or of $PPL_DATA); empty where it is not there.
std::string data_folder(const std::string& name);

}  // namespace ppl::test
