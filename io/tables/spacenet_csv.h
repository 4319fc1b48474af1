// SpaceNet's road tables: a row is `image id,"LINESTRING (x y, ...)"` in pixels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/tables/roads.h"

namespace ppl {

// The rows of all files are pooled. Lines end with LF, CR or CRLF; empty lines, lines with # first and headers
// (ImageId, in any case) are skipped; the rows of an image may stand anywhere. Only places of rows stay in memory (16
// bytes for each run of adjacent rows of an image); read() parses one image's rows from the mapped files.
std::unique_ptr<RoadSource> open_spacenet_roads(const std::vector<std::string>& paths);

}  // namespace ppl
