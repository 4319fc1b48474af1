// The networks by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/linknet.h"

namespace ppl {

std::vector<std::string> network_names();

// What a name stands for. Error naming all names and the nearest one where nothing is called so.
NetworkSpec network_spec(const std::string& name);

// Its weights are zero until it is initialised or loaded.
std::unique_ptr<LinkNet> make_network(const std::string& name, int bands = 3, int classes = 1);

}  // namespace ppl
