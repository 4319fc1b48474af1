// Options of vectorizing that several programs take.
#pragma once

#include "apps/common/app.h"
#include "io/vectorize/lengths.h"

namespace ppl::apps {

// Lengths are pixels, or metres with an m behind them. An option that both themes have sets both.
void add_road_options(CLI::App&, RoadSettings&);
void add_building_options(CLI::App&, BuildingSettings&);
CLI::Option* add_length(CLI::App&, const std::string& name, Length&, const std::string& help);  // one of those
void add_vector_options(CLI::App&, RoadSettings&, BuildingSettings&);

}  // namespace ppl::apps
