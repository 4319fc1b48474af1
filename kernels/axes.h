// A value for each axis of a map.
#pragma once

#include <compare>
#include <ostream>

namespace ppl {

// y down, x across; a single value is for both.
struct Axes {
  int y = 0, x = 0;

  constexpr Axes() = default;
  constexpr Axes(int both) : y(both), x(both) {}
  constexpr Axes(int down, int across) : y(down), x(across) {}
  constexpr bool are_equal() const { return y == x; }
  bool operator==(const Axes&) const = default;
  // For keys of maps; "stride > 1" would ask y alone.
  std::strong_ordering operator<=>(const Axes&) const = default;
  std::strong_ordering operator<=>(int) const = delete;
};

// "2", or "2x1" where they differ.
inline std::ostream& operator<<(std::ostream& out, Axes a) {
  out << a.y;
  return a.are_equal() ? out : out << 'x' << a.x;
}

}  // namespace ppl
