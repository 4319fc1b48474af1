#include "apps/common/weights.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/log.h"
#include "apps/common/recognize.h"
#include "io/file.h"
#include "io/json_text.h"
#include "io/weights/safetensors.h"
#include "io/weights/torch_file.h"
#include "models/networks.h"
#include "models/state_dict.h"

namespace ppl::apps {
namespace {

int whole_number(const std::string& text, const char* key) {
  const bool digits = !text.empty() && text.size() < 6 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  PPL_CHECK(digits, "metadata '", key, "' is '", text, "', not a whole number");
  return std::stoi(text);
}

double probability_from(const nlohmann::json& j, const char* key) {
  PPL_CHECK(j.is_number() && j >= 0 && j <= 1, "metadata '", key, "' is not a number from 0 to 1");
  return j.get<double>();
}

WeightsInfo read_info(const NamedArrays& file, const std::string& network) {
  const auto get = [&](const char* key) {
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? std::string() : it->second;
  };
  WeightsInfo info;
  PPL_CHECK(network.empty() || get("network").empty() || network == get("network"), "the weights are of ",
            get("network"), ", not of ", network);
  info.network = network_of(file, network);
  if (get("bands").empty() || get("classes").empty()) {
    const NetworkExtents extents = extents_of(file);
    info.bands = extents.bands;
    info.classes = extents.classes;
  }
  if (!get("bands").empty()) info.bands = whole_number(get("bands"), "bands");
  if (!get("classes").empty()) info.classes = whole_number(get("classes"), "classes");
  if (!get("input").empty()) info.input = input_spec_from_json(get("input"), "metadata 'input'");
  if (const std::string text = get("threshold"); !text.empty()) {
    char* end = nullptr;
    info.threshold = std::strtod(text.c_str(), &end);
    PPL_CHECK(*end == 0 && info.threshold >= 0 && info.threshold <= 1,
              "metadata 'threshold' is not a number from 0 to 1");
  }
  info.thresholds = thresholds_of(file);
  PPL_CHECK(info.input.band_count() == info.bands, "the input names ", info.input.band_count(),
            " bands, the network has ", info.bands);
  return info;
}

}  // namespace

std::map<int, double> thresholds_of(const NamedArrays& file) {
  std::map<int, double> all;
  const auto it = file.metadata.find("thresholds");
  if (it == file.metadata.end()) return all;
  const nlohmann::json j = parse_json(it->second, "metadata 'thresholds'");
  PPL_CHECK(j.is_object(), "metadata 'thresholds' is not an object");
  for (const auto& [views, value] : j.items())
    all[whole_number(views, "thresholds")] = probability_from(value, "thresholds");
  return all;
}

double WeightsInfo::threshold_of(int views) const {
  const auto it = thresholds.find(views);
  return it == thresholds.end() ? threshold : it->second;
}

std::map<std::string, std::string> metadata_of(const WeightsInfo& info) {
  std::map<std::string, std::string> metadata{{"format", "pt"},
                                              {"network", info.network},
                                              {"bands", std::to_string(info.bands)},
                                              {"classes", std::to_string(info.classes)},
                                              {"input", to_json(info.input)},
                                              {"threshold", cat(info.threshold)}};
  nlohmann::json by_views;
  for (const auto& [views, threshold] : info.thresholds) by_views[std::to_string(views)] = threshold;
  if (!by_views.empty()) metadata["thresholds"] = by_views.dump();
  return metadata;
}

void save_weights(const std::string& path, const LinkNet& network, const WeightsInfo& info) {
  NamedArrays file = state_dict(network);
  file.metadata = metadata_of(info);
  write_safetensors(path, file);
}

LoadedNetwork load_weights(const std::string& path, const std::string& network) {
  const NamedArrays file = read_weights_file(path);
  return naming_file(path, [&] {
    LoadedNetwork loaded{nullptr, read_info(file, network)};
    if (network.empty() && !file.metadata.contains("network"))
      log_line(cat(path, ": by its arrays a ", loaded.info.network));
    loaded.network = make_network(loaded.info.network, loaded.info.bands, loaded.info.classes);
    load_state_dict(*loaded.network, file);
    loaded.network->train(false);
    return loaded;
  });
}

LoadedStart load_start(const LinkNet& network, const std::string& name, const std::string& path) {
  NamedArrays file = read_weights_file(path);
  return naming_file(path, [&] {
    if (const auto it = file.metadata.find("network"); it != file.metadata.end())
      PPL_CHECK(it->second == name, "the weights are of ", it->second, ", not of ", name,
                "; train that (network.name), or say by `weights import --network ", name,
                "` that they are to be used");
    LoadedStart start{network.spec.classes, {}};
    if (const auto it = file.metadata.find("input"); it != file.metadata.end())
      start.input = input_spec_from_json(it->second, "metadata 'input'");
    const NamedArrays own = state_dict(network);
    const std::string prefix = shared_prefix(file);
    for (auto& [stored, array] : file.arrays) {
      const std::string bare = stored.substr(prefix.size());
      if (!bare.starts_with("finalconv3.") || !own.arrays.contains(bare) || array.shape.empty()) continue;
      start.classes = static_cast<int>(array.shape[0]);
      if (start.classes != network.spec.classes) array = own.at(bare);
    }
    load_state_dict(network, file);
    return start;
  });
}

void load_encoder(const LinkNet& network, const std::string& path) {
  const NamedArrays file = read_weights_file(path);
  naming_file(path, [&] {
    const LoadReport report = load_state_dict(network, file, false);
    const auto encoder = [](const std::string& name) {
      return name.starts_with("encoder") || name.starts_with("first");
    };
    for (const std::string& name : report.missing) PPL_CHECK(!encoder(name), "the encoder's '", name, "' is missing");
    PPL_CHECK(report.unused.empty(), "'", report.unused.front(), "' has no place in the encoder");
    return 0;
  });
}

}  // namespace ppl::apps
