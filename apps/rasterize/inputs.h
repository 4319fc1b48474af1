// The two things that a job reads: maps and tiles.
#pragma once

#include <future>

#include "apps/rasterize/feature_set.h"
#include "apps/rasterize/rasterize.h"

namespace ppl::rasterize {

// All inputs, in their order; OSM files share one layer. Error where nothing in them is drawn, unless they are empty
// layers or the job allows it.
FeatureSet read_features(const Job& job, std::vector<SourceReport>& reports);

// Tiles, looked for by a thread of its own while the maps are read; one of the choices has to be made.
class FramesAhead {
 public:
  explicit FramesAhead(const TileChoice& choice);
  // The features say where a grid without bounds lies. Once.
  TileFrames get(const FeatureSet& features);

 private:
  TileFrames read() const;

  const TileChoice& choice_;
  bool by_features_ = false;
  std::future<TileFrames> frames_;
};

}  // namespace ppl::rasterize
