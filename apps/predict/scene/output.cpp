#include "apps/predict/scene/output.h"

#include <filesystem>

#include "apps/predict/vectors.h"
#include "models/inference/class_numbers.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

// The largest power of two up to 512 that divides the stride, so that blocks of the file are written once.
int64_t block_side(int64_t stride) {
  int64_t side = 16;
  while (side < 512 && stride % (2 * side) == 0) side *= 2;
  return side;
}

ResultSpec spec_of(const PredictOptions& o, const ScenePaths& paths, const SceneSource& scene, const Ensemble& ensemble,
                   const std::string& note) {
  ResultSpec spec;
  spec.mask = paths.mask;
  if (!paths.probability.empty()) spec.probabilities = {paths.probability};
  spec.probability_format = o.probabilities;
  spec.classes = ensemble.classes();
  spec.threshold = ensemble.threshold();
  if (!o.uncertain.empty()) spec.certain_background = o.uncertain[0];
  spec.height = scene.height();
  spec.width = scene.width();
  spec.block = block_side(o.window - o.overlap);
  spec.place = scene.georeference();
  spec.cog = o.cog;
  spec.note = note;
  return spec;
}

}  // namespace

ScenePaths::ScenePaths(const PredictOptions& o) : id(fs::path(o.out).stem().string()), mask(o.out), vectors(o.vectors) {
  const fs::path folder = fs::path(o.out).parent_path();
  if (o.probabilities != ProbabilityFormat::none) probability = (folder / (id + "_prob.tif")).string();
  if (o.mosaic) manifest = (folder / (id + "_manifest.jsonl")).string();
}

std::vector<std::string> ScenePaths::all() const {
  std::vector<std::string> files{mask};
  for (const std::string& path : {probability, manifest})
    if (!path.empty()) files.push_back(path);
  files.insert(files.end(), vectors.begin(), vectors.end());
  return files;
}

SceneOutput::SceneOutput(const PredictOptions& o, const SceneSource& scene, const Ensemble& ensemble,
                         const std::string& note)
    : options_(o),
      paths_(o),
      place_(scene.georeference()),
      one_class_(ensemble.classes() == 1),
      files_(spec_of(o, paths_, scene, ensemble, note)) {
  if (!o.vectors.empty()) foreground_bits_ = BitImage(scene.height(), scene.width());
}

void SceneOutput::write(Part part) {
  const int64_t row = part.row, column = part.column, width = part.width;
  const std::vector<uint8_t> mask = files_.write(std::move(part));
  if (foreground_bits_.height() == 0) return;
  for (size_t i = 0; i < mask.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    if (mask[i] == options_.label) foreground_bits_.set(row + at / width, column + at % width);
  }
}

void SceneOutput::commit() {
  files_.commit_probabilities();
  if (!options_.vectors.empty()) {
    const bool one = options_.label == 1 && one_class_;
    write_vectors_of(options_, std::move(foreground_bits_), paths_.id, place_, one ? paths_.probability : "");
  }
  files_.commit_mask();
}

}  // namespace ppl::apps
