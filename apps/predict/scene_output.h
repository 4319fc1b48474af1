// The files that are made of one large image.
#pragma once

#include <memory>
#include <vector>

#include "apps/predict/ensemble.h"
#include "apps/predict/manifest.h"
#include "io/geometry/bit_image.h"
#include "io/image/scene.h"

namespace ppl::apps {

// A finished rectangle of the result.
struct ScenePart {
  int64_t row = 0, column = 0, height = 0, width = 0;
  std::vector<float> probability;  // [height, width, classes]
  std::vector<uint8_t> valid;      // [height, width]
};

// <out>: class numbers, 255 where there is no data; <out>_prob.tif if asked, a band a class; vectors if asked, for
// which the foreground is held at one bit a pixel. Nothing has its name before commit().
class SceneOutput {
 public:
  SceneOutput(const PredictOptions&, const SceneSource&, const Ensemble&);

  void write(ScenePart);
  void commit();

  int64_t valid() const { return valid_; }
  // Share and confidence of what has data.
  TileRecord record(double seconds) const;

 private:
  void write_probability(const ScenePart&, int c);

  const PredictOptions& options_;
  const std::optional<GeoReference> place_;
  const int classes_;
  const double threshold_;
  bool bytes_ = false;  // probabilities of 8 bits
  std::unique_ptr<SceneWriter> mask_, probability_;
  BitImage foreground_bits_;
  int64_t valid_ = 0, foreground_ = 0;
  double confidence_ = 0;
};

}  // namespace ppl::apps
