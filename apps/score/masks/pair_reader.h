// What `score iou` compares: the masks of pairs, whole files or windows of a scene.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/score/masks/mask_folder.h"
#include "io/geometry/bit_image.h"
#include "io/image/mask_reader.h"
#include "io/vectorize/probability_file.h"

namespace ppl::score {

// Of one tile, [height, width].
struct Probabilities {
  int64_t height = 0, width = 0;
  std::vector<float> values;
  std::vector<uint8_t> valid;  // 0 where there is no data
};

// One side of the pairs. A scene is opened once, and read by one thread at a time.
class MaskSide {
 public:
  // scene: path; empty where each pair has a file of its own. threshold: the files hold probabilities.
  MaskSide(const std::string& scene, const MaskOptions&, std::optional<double> threshold);

  // See PairReader. part: of the scene.
  Image read(const std::string& path, const std::optional<ImagePart>& part, MaskCensus&) const;
  Probabilities probabilities(const std::string& path, const std::optional<ImagePart>& part) const;
  void tell(const std::string& path, MaskCensus&) const;
  // Pixels of the scene that have data and lie in no pair's part.
  int64_t count_uncovered(const std::vector<MaskPair>&) const;

 private:
  const MaskOptions options_;
  const std::optional<double> threshold_;
  std::unique_ptr<const MaskReader> mask_;              // of the scene
  std::unique_ptr<const ProbabilityFile> probability_;  // the same with a threshold
  mutable std::mutex mutex_;
};

// From any thread.
class PairReader {
 public:
  // threshold: predictions hold probabilities. Errors of match_masks, and of a scene that cannot be read.
  PairReader(const MaskSources&, const MaskOptions& truth, const MaskOptions& prediction,
             std::optional<double> threshold);

  const MaskPairs& matched() const { return matched_; }
  // [height, width, 1]: classes, 255 no data or ignored. The census is told of masks with files of their own.
  Image truth(const MaskPair&, MaskCensus&) const;
  Image prediction(const MaskPair&, MaskCensus&) const;
  Probabilities probabilities(const MaskPair&) const;
  void tell_of_scene(MaskCensus& truths, MaskCensus& predictions) const;

 private:
  MaskPairs matched_;
  MaskSide truth_, prediction_;
};

BitImage where_equal(const Image& mask, int value);

// Error where the pair's two sides differ in size, or their files say that they lie at different places.
void check_alike(const MaskPair&, const ImagePart& truth, const ImagePart& prediction);

}  // namespace ppl::score
