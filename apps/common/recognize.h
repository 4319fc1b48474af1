// Which network the arrays of a weights file belong to.
#pragma once

#include <string>
#include <vector>

#include "engine/named_arrays.h"

namespace ppl::apps {

// The networks that the arrays fit, by name.
std::vector<std::string> fitting_networks(const NamedArrays&);

// Bands and classes, from the shapes of the first and the last convolution. Error where these are missing.
struct NetworkExtents {
  int bands = 0, classes = 0;
};
NetworkExtents extents_of(const NamedArrays&);

// What is wanted, else what the metadata says, else the only network that fits. Error where none fits, or several: it
// names them, and --network.
std::string network_of(const NamedArrays&, const std::string& wanted);

}  // namespace ppl::apps
