#include "apps/weights/convert.h"

#include <filesystem>

#include "apps/common/fingerprint.h"
#include "apps/common/log.h"
#include "apps/common/recognize.h"
#include "apps/weights/whole.h"
#include "io/file.h"
#include "io/weights/safetensors.h"
#include "io/weights/torch_file.h"
#include "models/networks.h"
#include "models/onnx/export.h"
#include "models/state_dict.h"

namespace ppl::weights {
namespace {

using apps::check_outputs;
using apps::WeightsInfo;

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
  WeightsInfo info;
  const apps::NetworkExtents extents = apps::extents_of(file);
  info.bands = extents.bands;
  info.classes = extents.classes;
  info.network = apps::network_of(file, o.network);
  info.input = input_of(file, o);
  info.threshold = threshold_of(file, o);
  if (!o.threshold) info.thresholds = apps::thresholds_of(file);
  PPL_CHECK(info.input.band_count() == info.bands, "the network has ", info.bands, " bands, the input names ",
            info.input.band_count(), "; give one with --input");
  const auto network = make_network(info.network, info.bands, info.classes);
  load_state_dict(*network, file);
  apps::save_weights(o.to, *network, info);
  return info.network;
}

void export_whole(const apps::LoadedNetwork& loaded, const ExportOptions& o) {
  WholeModel whole{loaded.info,
                   std::filesystem::path(o.from).filename().string(),
                   apps::Fingerprint().add_file(o.from).hex(),
                   o.classes,
                   o.batch,
                   o.height == o.width ? o.height : 0,
                   o.bytes};
  whole.info.threshold = loaded.info.threshold_of(1);  // the model is one view
  const OnnxOptions options = naming_file(o.from, [&] { return onnx_options_of(whole); });
  if (loaded.info.input.ground_sample_distance <= 0)
    apps::log_line(cat(o.from,
                       ": does not say its metres a pixel (weights import --input), so the model has no "
                       "'resolution': its user must know it"));
  const std::string model = onnx_model(*loaded.network, options, whole_metadata(whole));
  int64_t parameters = 0;
  for (const auto& [name, array] : state_dict(*loaded.network).arrays) parameters += array.count();
  write_file(o.to, model);
  write_file(stac_item_beside(o.to), stac_item(whole, o.to, static_cast<int64_t>(model.size()), parameters));
}

}  // namespace

std::string stac_item_beside(const std::string& model) {
  return std::filesystem::path(model).replace_extension(".stac.json").string();
}

std::string import_weights(const ImportOptions& o) {
  if (check_outputs({o.to}, {o.from, o.input}, o.existing)) return "there already";
  const NamedArrays file = read_weights_file(o.from, o.key);
  return naming_file(o.from, [&]() -> std::string {
    if (!is_torchvision(file)) return import_network(file, o);
    import_encoder(file, o);
    return "encoder";
  });
}

void export_weights(const ExportOptions& o) {
  std::vector<std::string> outputs{o.to};
  if (o.whole) outputs.push_back(stac_item_beside(o.to));
  if (check_outputs(outputs, {o.from}, o.existing)) return;
  const apps::LoadedNetwork loaded = apps::load_weights(o.from, o.network);
  if (o.whole) return export_whole(loaded, o);
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
