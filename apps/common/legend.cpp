#include "apps/common/legend.h"

#include <fmt/format.h>

namespace ppl::apps {

std::string css(Colour c) { return fmt::format("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue); }

}  // namespace ppl::apps
