#include "kernels/adaptive_average_pool.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {
namespace {

// Cells of the grid that contain position i of n.
struct Covering {
  int begin, end;
  Covering(int i, int n, int grid)
      : begin(static_cast<int>(int64_t{i} * grid / n)), end(static_cast<int>(ceil_div((i + int64_t{1}) * grid, n))) {}
};

}  // namespace

// A line of sums per cell, row by row of the map, so that a big cell is summed row by row in f32 and then over rows.
template <class T>
void adaptive_average_pool_forward(CpuContext&, const AdaptiveAveragePool& s, const T* x, T* y) {
  parallel_for(int64_t{s.n} * s.grid * s.grid, std::max<int64_t>(1, kElementGrain / (int64_t{s.h} * s.w * s.c)),
               [&](int64_t b, int64_t e) {
                 for (int64_t cell = b; cell < e; ++cell) {
                   const AdaptiveCell cy(static_cast<int>(cell / s.grid % s.grid), s.h, s.grid);
                   const AdaptiveCell cx(static_cast<int>(cell % s.grid), s.w, s.grid);
                   const T* image = x + cell / s.grid / s.grid * s.h * s.w * s.c;
                   const float inverse = 1.0f / static_cast<float>((cy.end - cy.begin) * (cx.end - cx.begin));
                   vectors(0, s.c, [&](int64_t c, auto lanes) {
                     Vec total{};
                     for (int iy = cy.begin; iy < cy.end; ++iy) {
                       Vec line{};
                       for (int ix = cx.begin; ix < cx.end; ++ix)
                         line += load(image + (int64_t{iy} * s.w + ix) * s.c + c, lanes);
                       total += line;
                     }
                     store(y + cell * s.c + c, total * inverse, lanes);
                   });
                 }
               });
}

template <class T>
void adaptive_average_pool_backward(CpuContext&, const AdaptiveAveragePool& s, const T* dy, T* dx) {
  parallel_for(int64_t{s.n} * s.h, std::max<int64_t>(1, kElementGrain / (int64_t{s.w} * s.c)),
               [&](int64_t b, int64_t e) {
                 for (int64_t row = b; row < e; ++row) {
                   const Covering ys(static_cast<int>(row % s.h), s.h, s.grid);
                   const T* image = dy + row / s.h * s.grid * s.grid * s.c;
                   for (int ix = 0; ix < s.w; ++ix) {
                     const Covering xs(ix, s.w, s.grid);
                     vectors(0, s.c, [&](int64_t c, auto lanes) {
                       Vec d{};
                       for (int gy = ys.begin; gy < ys.end; ++gy) {
                         const AdaptiveCell cy(gy, s.h, s.grid);
                         for (int gx = xs.begin; gx < xs.end; ++gx) {
                           const AdaptiveCell cx(gx, s.w, s.grid);
                           const float inverse = 1.0f / static_cast<float>((cy.end - cy.begin) * (cx.end - cx.begin));
                           d += inverse * load(image + (int64_t{gy} * s.grid + gx) * s.c + c, lanes);
                         }
                       }
                       store(dx + (row * s.w + ix) * s.c + c, d, lanes);
                     });
                   }
                 }
               });
}

#define PPL_INSTANTIATE(T)                                                                            \
  template void adaptive_average_pool_forward(CpuContext&, const AdaptiveAveragePool&, const T*, T*); \
  template void adaptive_average_pool_backward(CpuContext&, const AdaptiveAveragePool&, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
