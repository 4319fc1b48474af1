// Paths of inputs in a configuration file.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ppl::apps {

// Makes them absolute: a relative one is beside the file, or, where nothing is there, in the working folder; `notes`
// says so then, and where both are there. `file`: the configuration's path. The run's folder is the working folder's.
void resolve_paths(nlohmann::json& config, const std::string& file, std::vector<std::string>& notes);

}  // namespace ppl::apps
