#include "models/networks.h"

#include <algorithm>

#include "engine/nearest_name.h"

namespace ppl {
namespace {

struct Entry {
  const char* name;
  NetworkSpec spec;
};

const std::vector<Entry>& table() {
  using enum Encoder;
  static const std::vector<Entry> entries = {
      {"pp_linknet34", {}},
      {"pp_linknet34_psp64", {.stride4 = 1}},
      {"pp_linknet34_psp128", {.stride3 = 1, .stride4 = 1}},
      {"pp_linknet34_psp64_hdc", {.stride4 = 1, .hybrid_dilation = true}},
      {"d_linknet34", {.centre = Centre::dilated4}},
      {"d_linknet34_context", {.centre = Centre::dilated_context}},
      {"d_linknet50", {.encoder = resnet50, .centre = Centre::dilated5}},
      {"d_linknet101", {.encoder = resnet101, .centre = Centre::dilated5}},
      {"linknet34", {.centre = Centre::none}},
  };
  return entries;
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Entry& e : table()) names.emplace_back(e.name);
  return names;
}

NetworkSpec network_spec(const std::string& name) {
  const auto it = std::find_if(table().begin(), table().end(), [&](const Entry& e) { return name == e.name; });
  if (it == table().end()) {
    std::string names;
    for (const Entry& e : table()) names += cat(names.empty() ? "" : ", ", e.name);
    throw Error(
        cat("no network is called '", name, "'; the nearest is ", nearest_name(name, network_names()), " of ", names));
  }
  return it->spec;
}

std::unique_ptr<LinkNet> make_network(const std::string& name, int bands, int classes) {
  PPL_CHECK(bands > 0 && bands <= 64 && classes > 0 && classes <= 254, "network ", name,
            ": bands 1 to 64 and classes 1 to 254, not ", bands, " and ", classes);
  NetworkSpec spec = network_spec(name);
  spec.bands = bands;
  spec.classes = classes;
  return std::make_unique<LinkNet>(spec);
}

}  // namespace ppl
