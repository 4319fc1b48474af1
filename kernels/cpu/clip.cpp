#include "kernels/clip.h"

#include <algorithm>
#include <cmath>

namespace ppl {

void clip(CpuContext&, double limit, const double* squares, float* factor) {
  *factor = static_cast<float>(std::min(1.0, limit / (std::sqrt(*squares) + 1e-6)));
}

}  // namespace ppl
