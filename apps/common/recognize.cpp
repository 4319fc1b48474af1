#include "apps/common/recognize.h"

#include <fmt/format.h>

#include "models/networks.h"
#include "models/state_dict.h"

namespace ppl::apps {
namespace {

int extent_of(const NamedArrays& ours, const std::string& name, size_t axis) {
  const auto it = ours.arrays.find(name);
  PPL_CHECK(it != ours.arrays.end() && it->second.shape.size() == 4, "holds no weights of one of our networks: '", name,
            "' is missing");
  const int64_t n = it->second.shape[axis];
  PPL_CHECK(n >= 1 && n <= 254, "'", name, "' has the extent ", n);
  return static_cast<int>(n);
}

NetworkExtents extents_of_ours(const NamedArrays& ours) {
  return {extent_of(ours, "firstconv.weight", 1), extent_of(ours, "finalconv3.weight", 0)};
}

}  // namespace

NetworkExtents extents_of(const NamedArrays& file) { return extents_of_ours(under_our_names(file)); }

std::vector<std::string> fitting_networks(const NamedArrays& file) {
  const NamedArrays ours = under_our_names(file);
  // Published files of the hybrid network, and only these, call the centre psp.
  const bool has_psp = file.arrays.contains(shared_prefix(file) + "psp.bottleneck.weight");
  std::vector<std::string> fitting;
  for (const std::string& name : network_names()) {
    if (has_psp && name != "pp_linknet34_psp64_hdc") continue;
    try {
      const NetworkExtents extents = extents_of_ours(ours);
      load_state_dict(*make_network(name, extents.bands, extents.classes), ours);
      fitting.push_back(name);
    } catch (const Error&) {
    }
  }
  return fitting;
}

std::string network_of(const NamedArrays& file, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  if (const auto it = file.metadata.find("network"); it != file.metadata.end() && !it->second.empty())
    return it->second;
  const std::vector<std::string> fitting = fitting_networks(file);
  if (fitting.empty()) extents_of(file);  // says what is missing, where that is it
  PPL_CHECK(!fitting.empty(), "its ", file.arrays.size(),
            " arrays fit none of our networks: ", fmt::format("{}", fmt::join(network_names(), ", ")));
  PPL_CHECK(fitting.size() == 1, "fits ", fmt::format("{}", fmt::join(fitting, ", ")),
            ", which have the same arrays: name one with --network (published files are pp_linknet34_psp64)");
  return fitting.front();
}

}  // namespace ppl::apps
