#include "apps/predict/tile_files.h"

#include <algorithm>
#include <filesystem>

#include "io/image/formats.h"
#include "io/image/scene.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

void write_scene_tiff(const std::string& path, SceneType type, const LoadedTile& loaded,
                      const std::vector<float>& plane) {
  SceneWriter::Spec spec{type, loaded.tile.height, loaded.tile.width, 1, 256, loaded.place, {}};
  SceneWriter file(path, spec);
  if (type == SceneType::u8) {
    std::vector<uint8_t> bytes(plane.size());
    std::transform(plane.begin(), plane.end(), bytes.begin(),
                   [](float p) { return static_cast<uint8_t>(std::clamp(p, 0.0f, 1.0f) * 255 + 0.5f); });
    file.write(0, 0, 0, spec.height, spec.width, bytes.data());
  } else {
    file.write(0, 0, 0, spec.height, spec.width, plane.data());
  }
  file.commit();
}

}  // namespace

LoadedTile read_tile(const std::string& path, const InputSpec& input) {
  LoadedTile loaded{read_input(path, input), {}, {}, {}};
  loaded.tile = {0, 0, loaded.image.height, loaded.image.width};
  if (!is_tiff(path)) return loaded;
  loaded.place = read_georeference(path);
  loaded.valid = std::move(read_validity(path).bytes);
  PPL_CHECK(loaded.valid.size() == static_cast<size_t>(loaded.image.height * loaded.image.width), path,
            ": changed while it was read");
  const auto missing = std::find(loaded.valid.begin(), loaded.valid.end(), 0);
  if (missing == loaded.valid.end()) loaded.valid.clear();
  return loaded;
}

namespace {

template <class T>
void cut(std::vector<T>& values, int64_t width, const TilePart& part, int64_t channels) {
  std::vector<T> out;
  for (int64_t y = 0; y < part.height; ++y) {
    const auto begin = values.begin() + ((part.row + y) * width + part.column) * channels;
    out.insert(out.end(), begin, begin + part.width * channels);
  }
  values = std::move(out);
}

}  // namespace

void cut_margin(LoadedTile& loaded, std::vector<float>& probability, int classes) {
  const TilePart part = loaded.tile;
  if (part.height == loaded.image.height && part.width == loaded.image.width) return;
  cut(probability, loaded.image.width, part, classes);
  if (!loaded.valid.empty()) cut(loaded.valid, loaded.image.width, part, 1);
  loaded.image = {};
  loaded.tile = {0, 0, part.height, part.width};
}

TileFiles::TileFiles(const PredictOptions& o, const Ensemble& ensemble)
    : out_(o.out),
      format_(o.format),
      probabilities_(o.probabilities),
      suffix_(o.suffix),
      classes_(ensemble.classes()),
      threshold_(ensemble.threshold()) {}

std::string TileFiles::mask_path(const std::string& id) const { return out_ + "/" + id + suffix_ + "." + format_; }

void TileFiles::write(const std::string& id, const LoadedTile& loaded, std::vector<float>& probability) const {
  const int64_t height = loaded.tile.height, width = loaded.tile.width;
  const auto classes = static_cast<size_t>(classes_);
  for (size_t i = 0; i < loaded.valid.size(); ++i) {
    if (!loaded.valid[i]) std::fill_n(probability.begin() + static_cast<std::ptrdiff_t>(i * classes), classes, 0.0f);
  }
  const std::string path = mask_path(id);
  fs::create_directories(fs::path(path).parent_path());
  if (!probabilities_.empty()) write_probabilities(id, loaded, probability);
  const std::vector<uint8_t> mask = class_numbers(probability.data(), height * width, classes_, threshold_);
  if (format_ == "tif")
    write_mask_tiff(path, mask.data(), height, width, loaded.place);
  else if (classes_ == 1)
    write_mask_png(path, mask.data(), height, width);
  else
    write_index_png(path, mask.data(), height, width);
}

void TileFiles::write_probabilities(const std::string& id, const LoadedTile& loaded,
                                    const std::vector<float>& probability) const {
  const auto classes = static_cast<size_t>(classes_);
  std::vector<float> plane(probability.size() / classes);
  for (size_t c = 0; c < classes; ++c) {
    for (size_t i = 0; i < plane.size(); ++i) plane[i] = probability[i * classes + c];
    const std::string stem = out_ + "/" + id + "_prob" + (classes > 1 ? std::to_string(c + 1) : "");
    const int64_t height = loaded.tile.height, width = loaded.tile.width;
    if (probabilities_ == "png")
      write_probability_png(stem + ".png", plane.data(), height, width);
    else if (probabilities_ == "tif" || probabilities_ == "f32")
      write_probability_tiff(stem + ".tif", plane.data(), height, width, loaded.place);
    else
      write_scene_tiff(stem + ".tif", probabilities_ == "u8" ? SceneType::u8 : SceneType::f16, loaded, plane);
  }
}

}  // namespace ppl::apps
