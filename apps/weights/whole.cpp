#include "apps/weights/whole.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace ppl::weights {
namespace {

using nlohmann::json;

constexpr int64_t kOverlap = 128;  // pixels, as `predict` lets windows overlap

int64_t bands_of(const WholeModel& m) {
  return *std::max_element(m.info.input.bands.begin(), m.info.input.bands.end());
}

// With the background's in front.
std::vector<std::string> names_of(const WholeModel& m) {
  std::vector<std::string> names{"background"};
  if (!m.classes.empty())
    names.insert(names.end(), m.classes.begin(), m.classes.end());
  else if (m.info.classes == 1)
    names.push_back("foreground");
  else
    for (int i = 1; i <= m.info.classes; ++i) names.push_back(cat("class_", i));
  return names;
}

json bands_as(const WholeModel& m, bool objects) {
  json bands = json::array();
  for (int64_t i = 1; i <= bands_of(m); ++i) {
    const std::string name = cat("band_", i);
    bands.push_back(objects ? json{{"name", name}} : json(name));
  }
  return bands;
}

json input_of(const WholeModel& m) {
  json input{{"name", "image"},
             {"bands", bands_as(m, false)},
             {"input",
              {{"shape", {m.batch > 0 ? m.batch : -1, bands_of(m), m.size, m.size}},
               {"dim_order", {"batch", "channel", "height", "width"}},
               {"data_type", m.bytes ? "uint8" : "float32"}}},
             {"resize_type", nullptr},
             {"pre_processing_function", nullptr}};
  input["value_scaling"] = m.bytes ? json(nullptr) : json::array({{{"type", "scale"}, {"value", 255}}});
  return input;
}

json output_of(const WholeModel& m) {
  json classes = json::array();
  const std::vector<std::string> names = names_of(m);
  for (size_t i = 0; i < names.size(); ++i)
    classes.push_back({{"value", i}, {"name", names[i]}, {"description", names[i]}});
  return {{"name", "probabilities"},
          {"tasks", {"semantic-segmentation"}},
          {"result",
           {{"shape", {m.batch > 0 ? m.batch : -1, names.size(), m.size, m.size}},
            {"dim_order", {"batch", "class", "height", "width"}},
            {"data_type", "float32"}}},
          {"classification:classes", classes},
          {"post_processing_function", nullptr}};
}

}  // namespace

OnnxOptions onnx_options_of(const WholeModel& m) {
  const InputSpec& input = m.info.input;
  PPL_CHECK(input.stretch_low.empty(),
            "stretches values to 8 bits, which no runtime does for the model; leave out --whole, and give the model "
            "bands that are stretched and normalised as the metadata 'input' says");
  PPL_CHECK(m.classes.empty() || static_cast<int>(m.classes.size()) == m.info.classes, "has ", m.info.classes,
            " classes beside the background, --classes names ", m.classes.size());
  PPL_CHECK(m.size > 0, "a whole model takes square tiles of one size, as the plugin cuts them; give --size N");
  return {m.batch, m.size, m.size, OnnxWhole{input.bands, input.mean, input.std, m.info.threshold, m.bytes}};
}

std::map<std::string, std::string> whole_metadata(const WholeModel& m) {
  const auto bands = static_cast<size_t>(bands_of(m));
  json names;
  for (size_t i = 0; const std::string& name : names_of(m)) names[std::to_string(i++)] = name;
  std::map<std::string, std::string> all{
      {"model_type", json("Segmentor").dump()},
      {"class_names", names.dump()},
      {"tile_size", json(m.size).dump()},
      {"tiles_size", json(m.size).dump()},
      {"tiles_overlap", json(std::min<int64_t>(50, (100 * kOverlap + m.size / 2) / m.size)).dump()},
      {"seg_thresh", json(m.info.threshold).dump()},
      {"seg_small_segment", "0"},
      {"standardization_mean", json(std::vector<double>(bands, 0)).dump()},
      {"standardization_std", json(std::vector<double>(bands, 1)).dump()},
      {"network", m.info.network},
      {"threshold", cat(m.info.threshold)},
      {"weights", m.weights_name},
      {"weights_hash", m.weights_hash}};
  if (const double metres = m.info.input.ground_sample_distance; metres > 0)
    all["resolution"] = json(std::round(metres * 1e8) / 1e6).dump();  // without 0.15 m as 15.000000000000002 cm
  return all;
}

std::string stac_item(const WholeModel& m, const std::string& model, int64_t bytes, int64_t parameters) {
  json properties{{"datetime", nullptr},
                  {"start_datetime", "1900-01-01T00:00:00Z"},
                  {"end_datetime", "9999-12-31T23:59:59Z"},
                  {"mlm:name", m.info.network},
                  {"mlm:architecture", m.info.network},
                  {"mlm:tasks", {"semantic-segmentation"}},
                  {"mlm:framework", "ONNX"},
                  {"mlm:total_parameters", parameters},
                  {"mlm:input", json::array({input_of(m)})},
                  {"mlm:output", json::array({output_of(m)})},
                  {"mlm:hyperparameters",
                   {{"threshold", m.info.threshold}, {"weights", m.weights_name}, {"weights_hash", m.weights_hash}}},
                  {"bands", bands_as(m, true)}};  // and at the asset: the core allows them here only then
  if (m.info.input.ground_sample_distance > 0) properties["gsd"] = m.info.input.ground_sample_distance;
  const std::filesystem::path path(model);
  const json item{{"type", "Feature"},
                  {"stac_version", "1.1.0"},
                  {"stac_extensions",
                   {"https://stac-extensions.github.io/mlm/v1.3.0/schema.json",
                    "https://stac-extensions.github.io/file/v2.1.0/schema.json"}},
                  {"id", path.stem().string()},
                  {"geometry", nullptr},
                  {"properties", properties},
                  {"links", json::array()},
                  {"assets",
                   {{"model",
                     {{"href", "./" + path.filename().string()},
                      {"title", "from images to probabilities"},
                      {"type", "application/octet-stream; framework=onnx"},
                      {"roles", {"mlm:model"}},
                      {"mlm:artifact_type", "onnx"},
                      {"bands", bands_as(m, true)},
                      {"file:size", bytes}}}}}};
  return item.dump(2) + "\n";
}

}  // namespace ppl::weights
