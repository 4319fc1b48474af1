#include "apps/weights/convert.h"

#include "io/file.h"
#include "io/weights/safetensors.h"
#include "io/weights/torch_file.h"
#include "models/networks.h"
#include "models/onnx/export.h"
#include "models/state_dict.h"

namespace ppl::weights {
namespace {

using apps::WeightsInfo;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Bands and classes stand in the shapes of the first and the last convolution.
int extent_of(const NamedArrays& ours, const std::string& name, size_t axis) {
  const auto it = ours.arrays.find(name);
  PPL_CHECK(it != ours.arrays.end() && it->second.shape.size() == 4, "holds no weights of one of our networks: '", name,
            "' is missing");
  const int64_t n = it->second.shape[axis];
  PPL_CHECK(n >= 1 && n <= 254, "'", name, "' has the extent ", n);
  return static_cast<int>(n);
}

std::string network_of(const NamedArrays& file, const NamedArrays& ours, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  if (const auto it = file.metadata.find("network"); it != file.metadata.end()) return it->second;
  const std::vector<std::string> fitting = fitting_networks(file);
  PPL_CHECK(!fitting.empty(), "its ", ours.arrays.size(), " arrays fit none of our networks");
  PPL_CHECK(fitting.size() == 1, "fits ", listed(fitting),
            ", which have the same arrays: name one with --network (published files are pp_linknet34_psp64)");
  return fitting.front();
}

void import_encoder(const NamedArrays& file, const ImportOptions& o) {
  PPL_CHECK(o.network.empty() && o.input.empty() && !o.threshold,
            "is an encoder of torchvision's: network, input and threshold belong to whole networks");
  NamedArrays encoder = under_our_names(file);
  encoder.metadata = {{"format", "pt"}, {"part", "encoder"}};
  write_safetensors(o.to, encoder);
}

InputSpec input_of(const NamedArrays& file, const ImportOptions& o) {
  if (!o.input.empty()) return input_spec_from_json(read_text(o.input), o.input);
  const auto it = file.metadata.find("input");
  return it == file.metadata.end() ? InputSpec{} : input_spec_from_json(it->second, "metadata 'input'");
}

double threshold_of(const NamedArrays& file, const ImportOptions& o) {
  if (o.threshold) return *o.threshold;
  const auto it = file.metadata.find("threshold");
  return it == file.metadata.end() ? WeightsInfo{}.threshold : std::strtod(it->second.c_str(), nullptr);
}

std::string import_network(const NamedArrays& file, const ImportOptions& o) {
  const NamedArrays ours = under_our_names(file);
  WeightsInfo info;
  info.bands = extent_of(ours, "firstconv.weight", 1);
  info.classes = extent_of(ours, "finalconv3.weight", 0);
  info.network = network_of(file, ours, o.network);
  info.input = input_of(file, o);
  info.threshold = threshold_of(file, o);
  PPL_CHECK(info.input.band_count() == info.bands, "the network has ", info.bands, " bands, the input names ",
            info.input.band_count(), "; give one with --input");
  const auto network = make_network(info.network, info.bands, info.classes);
  load_state_dict(*network, file);
  apps::save_weights(o.to, *network, info);
  return info.network;
}

}  // namespace

std::vector<std::string> fitting_networks(const NamedArrays& file) {
  const NamedArrays ours = under_our_names(file);
  // Published files of the hybrid network, and only these, call the centre psp.
  const bool has_psp =
      file.arrays.contains("psp.bottleneck.weight") || file.arrays.contains("module.psp.bottleneck.weight");
  std::vector<std::string> fitting;
  for (const std::string& name : network_names()) {
    if (has_psp && name != "pp_linknet34_psp64_hdc") continue;
    try {
      const auto network =
          make_network(name, extent_of(ours, "firstconv.weight", 1), extent_of(ours, "finalconv3.weight", 0));
      load_state_dict(*network, ours);
      fitting.push_back(name);
    } catch (const Error&) {
    }
  }
  return fitting;
}

std::string import_weights(const ImportOptions& o) {
  const NamedArrays file = read_weights_file(o.from);
  return naming_file(o.from, [&]() -> std::string {
    if (!is_torchvision(file)) return import_network(file, o);
    import_encoder(file, o);
    return "encoder";
  });
}

void export_weights(const ExportOptions& o) {
  const apps::LoadedNetwork loaded = apps::load_weights(o.from, o.network);
  if (o.onnx) {
    const std::string model = onnx_model(*loaded.network, {o.batch, o.height, o.width}, metadata_of(loaded.info));
    write_file(o.to, model);
    return;
  }
  NamedArrays file, arrays = state_dict(*loaded.network);
  for (auto& [name, array] : arrays.arrays) file.arrays[o.prefix + name] = std::move(array);
  file.metadata = metadata_of(loaded.info);
  write_safetensors(o.to, file);
}

}  // namespace ppl::weights
