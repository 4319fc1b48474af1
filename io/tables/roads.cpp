#include "io/tables/roads.h"

#include <algorithm>

#include "kernels/base.h"

namespace ppl {
std::string RoadSource::describe(const RowPlace& place) const { return cat(file(place.file), ":", place.row); }

bool utf16_less(std::string_view a, std::string_view b) {
  // Lead bytes of U+E000..U+FFFF (0xEE, 0xEF) come after those of the planes above, which UTF-16 writes as D800..DFFF.
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x100 : int{byte};
  };
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  return rank(*x) < rank(*y);
}

}  // namespace ppl
