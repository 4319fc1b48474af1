// Which files a job writes, and that none of them is somebody else's.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "apps/rasterize/manifest.h"
#include "apps/rasterize/rasterize.h"

namespace ppl::rasterize {

// Names in job.out, or absolute ones elsewhere.
std::string mask_name(const Job&, const TileFrame&);
std::string distance_name(const TileFrame&);
std::string overlay_name(const Job&, const TileFrame&);
// The mask first, then what else is written for the tile.
std::vector<std::string> files_of(const Job&, const TileFrame&);
std::string path_of(const Job&, const std::string& name);

// Error where a file of the job is an input, is there and was not written by rasterize into this folder, or is there
// and the job neither goes on nor replaces. going_on: with what an earlier run of the same job left.
void check_outputs(const Job&, const TileFrames&, const Manifest&, bool going_on);

// Error where a mask of an earlier run was changed by somebody since; `bytes`: its size then.
void refuse_changed(const std::string& mask, int64_t bytes);

}  // namespace ppl::rasterize
