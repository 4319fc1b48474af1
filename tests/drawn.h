// Masks drawn in text.
#pragma once

#include <string>
#include <vector>

#include "io/vector/bit_image.h"

namespace ppl {

// A row a line, all of one length; '#' is foreground.
inline BitImage drawn(const std::vector<std::string>& rows) {
  BitImage image(static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size()));
  for (int64_t r = 0; r < image.height(); ++r) {
    for (int64_t c = 0; c < image.width(); ++c) {
      if (rows[static_cast<size_t>(r)][static_cast<size_t>(c)] == '#') image.set(r, c);
    }
  }
  return image;
}

}  // namespace ppl
