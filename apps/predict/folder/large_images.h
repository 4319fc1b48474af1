// Images of a folder that are too large for one pass of the network: in windows, as a scene.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/predict/ensemble.h"
#include "apps/predict/options.h"
#include "io/image/image.h"
#include "models/inference/windows.h"

namespace ppl::apps {

// Error where --window and --overlap are no windows of the network.
void check_windows(const PredictOptions&);

class LargeImages {
 public:
  // The options and the ensemble outlive this.
  LargeImages(const PredictOptions& o, Ensemble& ensemble) : options_(o), ensemble_(ensemble) {}

  // Of more pixels than a square of --windows-above.
  bool is_large(const Image&) const;
  // Mean probabilities f32 [height, width, classes]: those of a scene of the same pixels (--keep-white) to the bit; 0
  // where a window has no data. valid: empty, or [height, width]. No batch may be under way. The first image is told.
  std::vector<float> predict(const std::string& path, const Image&, const std::vector<uint8_t>& valid);

 private:
  struct Window;
  void tell(const std::string& path, const Image&);
  static Window window(const Image&, const std::vector<uint8_t>& valid, const WindowAxis& rows, int64_t i,
                       const WindowAxis& columns, int64_t j);
  void blend(const std::vector<Window>& windows, Blender&, const Blender::Emit&);

  const PredictOptions& options_;
  Ensemble& ensemble_;
  bool told_ = false;
};

}  // namespace ppl::apps
