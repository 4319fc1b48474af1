// What is said of a folder when it is done.
#pragma once

#include <string>
#include <vector>

#include "apps/predict/manifest.h"
#include "apps/predict/options.h"

namespace ppl::apps {

// Records of all tiles as lines, those that could not be listed too.
std::string manifest_of(std::vector<TileRecord> records);

// What became of all of them, and what cannot be meant. kept: of an earlier run; seconds: of all others.
void tell_masks(const PredictOptions&, const std::vector<TileRecord>& records, size_t kept, double seconds);

}  // namespace ppl::apps
