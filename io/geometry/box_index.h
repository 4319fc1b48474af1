// Which of many boxes touch a box: a packed R-tree, built once.
#pragma once

#include <cstdint>
#include <vector>

#include "io/geometry/box.h"

namespace ppl {

// Boxes are kept as floats, rounded outwards: find() may give a box that lies a rounding step beside the one asked for.
class BoxIndex {
 public:
  // The box of item i; an empty box is never found.
  class Builder;

  BoxIndex() = default;
  // Appends the numbers of the items whose boxes touch `box`, in ascending order.
  void find(const Box& box, std::vector<uint32_t>& out) const;
  Box bounds() const;

 private:
  struct FloatBox {
    float min_x, min_y, max_x, max_y;
  };
  static FloatBox rounded_outwards(const Box&);

  std::vector<uint32_t> items_;  // in the order of the leaves
  std::vector<FloatBox> boxes_;  // of items_, then of each level above
  std::vector<size_t> levels_;   // where each level begins in boxes_, and the end
};

class BoxIndex::Builder {
 public:
  void add(const Box& box) { boxes_.push_back(rounded_outwards(box)); }
  // Sort-tile-recursive packing: vertical slices by x, each in the order of y. Leaves the builder empty.
  BoxIndex build();

 private:
  std::vector<FloatBox> boxes_;
};

}  // namespace ppl
