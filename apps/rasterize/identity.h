// What a job is made from, so that masks of another map, of other settings or of a tile that moved are not gone on
// with.
#pragma once

#include <cstdint>
#include <string>

#include "apps/rasterize/rasterize.h"

namespace ppl::rasterize {

// 16 hexadecimal digits of a text's hash.
std::string hash_of(std::string_view text);

// The inputs' names, sizes and contents (of more than 1 GiB: their time instead), and how their layers are read, as
// JSON; a shapefile's with all files of its name, a folder's with all files in it. Error where one cannot be read.
std::string inputs_of(const Job& job);

// Of a tile: the job (hash of its settings and inputs), the tile's place, and its image where that decides about
// pixels.
std::string tile_hash(const std::string& job_hash, const TileFrame&, const std::string& crs, bool of_image);

}  // namespace ppl::rasterize
