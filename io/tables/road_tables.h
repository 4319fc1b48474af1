// SpaceNet's road tables: rows of an image's id and a LINESTRING in pixels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/tables/roads.h"

namespace ppl {

// What is read as a geometry: what people's tools write (parse_lines), or only what SpaceNet's reference scorer takes
// (parse_linestring_as_reference), for comparisons with it.
enum class RoadReading { field, reference };

// The rows of all files are pooled; see ImageTables for what they may look like. Without a header the first column is
// the image's id and the second the geometry. Parts of a MULTILINESTRING are lines with one row number. Error where a
// file is no such table.
std::unique_ptr<RoadSource> open_road_tables(const std::vector<std::string>& paths,
                                             RoadReading reading = RoadReading::field);

}  // namespace ppl
