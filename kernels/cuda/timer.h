// Times on the device. Defined in device.cu, or in no_cuda.cpp.
#pragma once

#include <functional>

namespace ppl {

// Milliseconds that the device takes for what the function launches.
double cuda_milliseconds(const std::function<void()>&);

}  // namespace ppl
