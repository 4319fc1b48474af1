// The files that are made of one large image.
#pragma once

#include <string>
#include <vector>

#include "apps/predict/ensemble.h"
#include "apps/predict/result_files.h"
#include "io/geometry/bit_image.h"
#include "io/image/scene.h"

namespace ppl::apps {

// Names of what is made of a scene: the mask, OUT_prob.tif, of mosaics OUT_manifest.jsonl, vectors.
struct ScenePaths {
  explicit ScenePaths(const PredictOptions&);
  std::string id, mask, probability, manifest;  // empty where it is not wanted
  std::vector<std::string> vectors;
  std::vector<std::string> all() const;
};

// The mask and, if asked, probabilities (a band a class) and vectors, for which the foreground is held at one bit a
// pixel. note: see SceneWriter. The mask has its name last.
class SceneOutput {
 public:
  SceneOutput(const PredictOptions&, const SceneSource&, const Ensemble&, const std::string& note);

  void write(Part);
  void commit();

  int64_t valid() const { return files_.valid(); }
  TileRecord record(double seconds) const { return files_.record(paths_.id, seconds); }

 private:
  const PredictOptions& options_;
  const ScenePaths paths_;
  const std::optional<GeoReference> place_;
  const bool one_class_;
  ResultFiles files_;
  BitImage foreground_bits_;
};

}  // namespace ppl::apps
