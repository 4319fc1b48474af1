// The value of masks and targets that losses, metrics, statistics and tracing leave out.
#pragma once

#include <cstdint>

namespace ppl {

inline constexpr uint8_t kIgnored = 255;

}  // namespace ppl
