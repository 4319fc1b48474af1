// Where the cells of pyramid pooling lie in [50 n, c]. Functions, since device code cannot read a host's array.
#pragma once

#include "kernels/adaptive_average_pool.h"
#include "kernels/cuda/launch.h"
#include "kernels/pyramid_pool.h"

namespace ppl {

constexpr int kGridCount = 4;
constexpr int kSlots = 12;  // cells of all grids along one axis

constexpr int grid_side(int grid) { return grid == 3 ? 6 : grid + 1; }
constexpr int slots_before(int grid) { return grid * (grid + 1) / 2; }
constexpr int cells_before(int grid) { return grid == 0 ? 0 : grid == 1 ? 1 : grid == 2 ? 5 : 14; }

// Index of the first cell of a row of a grid.
PPL_DEVICE int64_t first_cell(int n, int64_t image, int grid, int row) {
  const int side = grid_side(grid);
  return static_cast<int64_t>(cells_before(grid)) * n + (image * side + row) * side;
}

// Grid, image, row and column of a cell's index.
struct Cell {
  int grid = 0, row, column;
  int64_t image;

  PPL_DEVICE Cell(int64_t index, int n) {
    while (grid + 1 < kGridCount && index >= static_cast<int64_t>(cells_before(grid + 1)) * n) ++grid;
    const int64_t inside = index - static_cast<int64_t>(cells_before(grid)) * n;
    const int side = grid_side(grid);
    column = static_cast<int>(inside % side);
    row = static_cast<int>(inside / side % side);
    image = inside / side / side;
  }
};

}  // namespace ppl
