// The mask and the probabilities of one image, whether it came whole or in parts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/predict/manifest.h"
#include "apps/predict/options.h"
#include "io/image/geotiff.h"

namespace ppl::apps {

// A finished rectangle of a result.
struct Part {
  int64_t row = 0, column = 0, height = 0, width = 0;
  std::vector<float> probability;  // [height, width, classes]
  std::vector<uint8_t> valid;      // [height, width]: 0 where there is no data
};

struct ResultSpec {
  std::string mask;                        // path
  std::vector<std::string> probabilities;  // paths: none, one with a band a class, or one a class
  MaskFormat format = MaskFormat::tif;
  ProbabilityFormat probability_format = ProbabilityFormat::none;
  int classes = 1;
  double threshold = 0;
  std::optional<double> certain_background{};  // 255 where no class is above the threshold, but one above this
  int64_t height = 0, width = 0;
  int64_t block = 256;  // of TIFFs, see SceneWriter
  std::optional<GeoReference> place;
  bool cog = false;
  std::string note{};
};

// PNG wants the image as one part.
// Where there is no data: masks 255, which TIFFs declare as their no data (one bit: 0); probabilities not a number,
// declared too (8 bit: 0).
class ResultFiles {
 public:
  explicit ResultFiles(const ResultSpec&);
  ~ResultFiles();

  // Gives the mask of the part, [height, width]. Probabilities come out within 0 and 1.
  std::vector<uint8_t> write(Part);
  // Probabilities, then the mask, so that a mask says that all is there. Nothing has its name before.
  void commit_probabilities();
  void commit_mask();

  int64_t valid() const { return valid_; }
  // Share and confidence of what has data.
  TileRecord record(const std::string& id, double seconds) const;

 private:
  class Planes;
  void write_probability(const Part&, int c);

  const ResultSpec spec_;
  std::unique_ptr<Planes> mask_;
  std::vector<std::unique_ptr<Planes>> probabilities_;
  int64_t valid_ = 0, foreground_ = 0;
  double confidence_ = 0;
};

}  // namespace ppl::apps
