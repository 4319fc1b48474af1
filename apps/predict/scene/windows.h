// One large image through the network, window by window.
#pragma once

#include <memory>
#include <vector>

#include "apps/common/log.h"
#include "apps/predict/blocks.h"
#include "apps/predict/ensemble.h"
#include "apps/predict/image_scale.h"
#include "apps/predict/scene/margin.h"
#include "apps/predict/scene/rows.h"
#include "io/bounded_queue.h"
#include "io/image/scene.h"
#include "models/inference/windows.h"

namespace ppl::apps {

// What the network sees of one window.
struct Seen {
  int64_t row = 0, column = 0;    // in windows
  Image pixels;                   // what the network is given, 8 bit; gone when the window was begun
  std::vector<uint8_t> flags;     // of its pixels, where they were resampled
  int64_t height = 0, width = 0;  // of its pixels
  std::vector<uint8_t> valid;     // of the scene's pixels: 1 where there is data
  bool wanted = false;            // there is data where the window is used
};

class SceneWindows {
 public:
  SceneWindows(const PredictOptions&, Ensemble&, const SceneSource&);

  const WindowAxis& rows() const { return rows_; }
  const WindowAxis& columns() const { return columns_; }

  // For two threads: the windows of the rows that `blocks` gives, and what is finished with each. Where rows are shared
  // each is blended by itself, see SceneRows; else they are all here, in order.
  void read_all(BoundedQueue<Seen>& queue, Blocks& blocks) const;
  void compute_all(BoundedQueue<Seen>& in, BoundedQueue<Finished>& out);

 private:
  Seen read(int64_t i, int64_t j) const;
  void begin(std::vector<Seen>& batch);
  void show(Seen& seen, Image pixels) const;
  void finish(const std::vector<Seen>& batch, BoundedQueue<Finished>& out);
  void blend(const Seen& seen, const float* probability, BoundedQueue<Finished>& out);

  const PredictOptions& options_;
  Ensemble& ensemble_;
  const SceneSource& scene_;
  const std::unique_ptr<WhiteMargin> margin_;
  const InputSpec spec_;
  const Zoom zoom_;
  const WindowAxis rows_, columns_;
  Blender blender_;
  Progress progress_;
};

}  // namespace ppl::apps
