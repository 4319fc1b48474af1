// Straight on from masks to road lines and building polygons.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/predict/manifest.h"
#include "apps/predict/options.h"
#include "io/geometry/bit_image.h"
#include "io/image/geotiff.h"
#include "io/tiles/tiles.h"

namespace ppl::apps {

// Error for names that vectors cannot be written under or that are maps, for a label that the networks do not have, and
// for maps that cannot be read.
void check_vectors(const PredictOptions&, int classes);

// Maps whose content is left out, as they are now, and how near; empty where there are none.
std::string missing_text(const PredictOptions&);

// Error where vectors are wanted of tiles that do not say where they lie. Reads headers.
void check_places(const PredictOptions&, const std::vector<TileFile>& tiles);

// Traces a mask as a whole and writes options.vectors. probabilities: their file, which gives the confidence; or empty.
void write_vectors_of(const PredictOptions&, BitImage mask, const std::string& id, const std::optional<GeoReference>&,
                      const std::string& probabilities);

// The same for the masks of tiles, put together where they touch. Tiles with an error are left out. Error naming one
// that does not say where it lies, and where the tiles have different coordinate systems.
void write_vectors_of_tiles(const PredictOptions&, int classes, const std::vector<TileFile>& tiles,
                            const std::vector<TileRecord>& records);

}  // namespace ppl::apps
