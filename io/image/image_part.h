// A rectangle of an image.
#pragma once

#include <cstdint>

namespace ppl {

struct ImagePart {  // in pixels
  int64_t row = 0, column = 0, height = 0, width = 0;
};

}  // namespace ppl
