// The two things that a job reads: maps and tiles.
#pragma once

#include "apps/rasterize/rasterize.h"
#include "apps/rasterize/scene.h"

namespace ppl::rasterize {

// All inputs, in their order; OSM files share one layer. Error where nothing in them is drawn.
Scene read_scene(const Job& job, std::vector<SourceReport>& reports);

// Error where none of the choices or more than one is made.
TileFrames read_frames(const TileChoice& choice, const Scene& scene);

}  // namespace ppl::rasterize
