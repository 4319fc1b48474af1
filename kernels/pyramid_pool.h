// Pyramid pooling's passes over the map: all grids (1, 2, 3 and 6 cells a side) at once. Defined in
// cpu/pyramid_pool.cpp and cuda/pyramid_pool.cu. Cells are f32 [50 n, c]: for each grid its n images, for each image
// its cells row by row.
#pragma once

#include <array>

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

constexpr std::array<int, 4> kPyramidGrids = {1, 2, 3, 6};
constexpr std::array<int, 4> kPyramidCellsBefore = {0, 1, 5, 14};  // cells of the smaller grids
constexpr int kPyramidCells = 50;

struct PyramidPool {
  int n, h, w, c;
};

// cells = means of x over the cells (see adaptive_average_pool.h). Reads x once.
template <class T>
void pyramid_pool_forward(CpuContext&, const PyramidPool&, const T* x, float* cells);
template <class T>
void pyramid_pool_forward(CudaContext&, const PyramidPool&, const T* x, float* cells);

// dx += the means' gradient. Reads and writes dx once.
template <class T>
void pyramid_pool_backward(CpuContext&, const PyramidPool&, const float* dcells, T* dx);
template <class T>
void pyramid_pool_backward(CudaContext&, const PyramidPool&, const float* dcells, T* dx);

// y = relu(y + bias [c] + the four grids resized to the map). Reads and writes y once.
template <class T>
void pyramid_resize_forward(CpuContext&, const PyramidPool&, const float* cells, const float* bias, T* y);
template <class T>
void pyramid_resize_forward(CudaContext&, const PyramidPool&, const float* cells, const float* bias, T* y);

// dz = dy where y > 0; dcells = the resizing's gradient. Reads dy and y, writes dz once.
// The one cell of grid 1 gets the plain sum of dz: the bias's gradient.
template <class T>
void pyramid_resize_backward(CpuContext&, const PyramidPool&, const T* dy, const T* y, T* dz, float* dcells);
template <class T>
void pyramid_resize_backward(CudaContext&, const PyramidPool&, const T* dy, const T* y, T* dz, float* dcells);

}  // namespace ppl
