#include "io/tables/roads.h"

#include "kernels/base.h"

namespace ppl {

std::string RoadSource::describe(const RowPlace& place) const { return cat(file(place.file), ":", place.row); }

}  // namespace ppl
