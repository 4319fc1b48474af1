#include "apps/common/weights.h"

#include <algorithm>

#include "io/file.h"
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

WeightsInfo read_info(const NamedArrays& file, const std::string& network) {
  const auto get = [&](const char* key) {
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? std::string() : it->second;
  };
  WeightsInfo info;
  info.network = get("network").empty() ? network : get("network");
  PPL_CHECK(!info.network.empty(), "no network is named in the metadata: name one with --network");
  PPL_CHECK(network.empty() || network == info.network, "the weights are of ", info.network, ", not of ", network);
  if (!get("bands").empty()) info.bands = whole_number(get("bands"), "bands");
  if (!get("classes").empty()) info.classes = whole_number(get("classes"), "classes");
  if (!get("input").empty()) info.input = input_spec_from_json(get("input"), "metadata 'input'");
  if (const std::string text = get("threshold"); !text.empty()) {
    char* end = nullptr;
    info.threshold = std::strtod(text.c_str(), &end);
    PPL_CHECK(*end == 0 && info.threshold >= 0 && info.threshold <= 1,
              "metadata 'threshold' is not a number from 0 to 1");
  }
  PPL_CHECK(info.input.band_count() == info.bands, "the input names ", info.input.band_count(),
            " bands, the network has ", info.bands);
  return info;
}

}  // namespace

std::map<std::string, std::string> metadata_of(const WeightsInfo& info) {
  return {{"format", "pt"},
          {"network", info.network},
          {"bands", std::to_string(info.bands)},
          {"classes", std::to_string(info.classes)},
          {"input", to_json(info.input)},
          {"threshold", cat(info.threshold)}};
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
    loaded.network = make_network(loaded.info.network, loaded.info.bands, loaded.info.classes);
    load_state_dict(*loaded.network, file);
    loaded.network->train(false);
    return loaded;
  });
}

void load_into(const LinkNet& network, const std::string& path) {
  const NamedArrays file = read_weights_file(path);
  naming_file(path, [&] { return load_state_dict(network, file); });
}

int load_start(const LinkNet& network, const std::string& path) {
  NamedArrays file = read_safetensors(path);
  const NamedArrays own = state_dict(network);
  int classes = network.spec.classes;
  for (auto& [name, array] : file.arrays) {
    const std::string bare = name.starts_with("module.") ? name.substr(7) : name;
    if (!bare.starts_with("finalconv3.") || !own.arrays.contains(bare) || array.shape.empty()) continue;
    classes = static_cast<int>(array.shape[0]);
    if (classes != network.spec.classes) array = own.at(bare);
  }
  naming_file(path, [&] { return load_state_dict(network, file); });
  return classes;
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
