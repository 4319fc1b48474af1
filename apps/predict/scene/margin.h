// White margins of images that are too large to be held.
#pragma once

#include <cstdint>
#include <vector>

#include "io/image/scene.h"

namespace ppl::apps {

// Found in a thinned image so that the scene's size does not matter: a pixel belongs to a margin where it is white
// and its place in the thinned image, or a neighbour of that, does.
class WhiteMargin {
 public:
  explicit WhiteMargin(const SceneSource& scene);

  // Clears what belongs to a margin in the flags of a part that begins at (row, column).
  void take_out(const Image& part, int64_t row, int64_t column, std::vector<uint8_t>& valid) const;

 private:
  bool near_margin(int64_t row, int64_t column) const;

  int64_t step_, height_ = 0, width_ = 0;
  bool there_ = false;
  std::vector<uint8_t> margin_;
};

}  // namespace ppl::apps
