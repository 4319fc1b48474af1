// Which values of a mask are its foreground, where a user says it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ppl {

// Nothing given: the mask's values must speak for themselves (io/image/README.md, "Masks").
struct Foreground {
  struct Range {
    int64_t low, high;  // both belong to it
  };
  std::vector<Range> values;                    // grey values or indices of a palette
  std::vector<std::array<int64_t, 3>> colours;  // R,G,B
  bool opacity = false;                         // what is opaque
  std::string text;                             // as it was given

  bool given() const { return !text.empty(); }
};

// Each word is a value ("1"), a range ("128-255"), a colour ("255,0,0") or "alpha". Error naming `where` for others.
Foreground parse_foreground(const std::vector<std::string>& words, const std::string& where);

}  // namespace ppl
