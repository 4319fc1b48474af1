// Numbered points in square cells, to find those near a place.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "io/geometry/point.h"

namespace ppl {

class PointGrid {
 public:
  explicit PointGrid(double cell) : cell_(cell) {}

  void add(Point place, int64_t number) { cells_[key(index(place.x), index(place.y))].push_back({place, number}); }

  // visit(point, number) for every point within `reach` of the place, cell by cell, in each cell as they were added.
  template <class Visit>
  void visit(Point place, double reach, Visit&& visit) const {
    for (int64_t row = index(place.y - reach); row <= index(place.y + reach); ++row) {
      for (int64_t column = index(place.x - reach); column <= index(place.x + reach); ++column) {
        const auto cell = cells_.find(key(column, row));
        if (cell == cells_.end()) continue;
        for (const auto& [point, number] : cell->second) {
          if (distance(point, place) <= reach) visit(point, number);
        }
      }
    }
  }

 private:
  int64_t index(double v) const { return static_cast<int64_t>(std::floor(std::clamp(v / cell_, -1e9, 1e9))); }
  static uint64_t key(int64_t column, int64_t row) {
    return static_cast<uint64_t>(column) << 32 | (static_cast<uint64_t>(row) & 0xffffffffu);
  }

  double cell_;
  std::unordered_map<uint64_t, std::vector<std::pair<Point, int64_t>>> cells_;
};

}  // namespace ppl
