// The networks by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/linknet.h"

namespace ppl {

std::vector<std::string> network_names();

// Error naming all names and the nearest where there is none of this name; weights are zero until initialised or
// loaded.
std::unique_ptr<LinkNet> make_network(const std::string& name, int bands = 3, int classes = 1);

}  // namespace ppl
