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
// What a name stands for. Error naming the nearest one where nothing is called so.
NetworkSpec network_spec(const std::string& name);

std::unique_ptr<LinkNet> make_network(const std::string& name, int bands = 3, int classes = 1);

}  // namespace ppl
