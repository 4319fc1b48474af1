// In place of conv_cudnn.cpp where cuDNN is missing, and under emulation: conv.cu takes the plain algorithm.
#include "kernels/cuda/conv_plans.h"

namespace ppl {

ConvLibrary* cudnn_conv_library() { return nullptr; }
std::string cudnn_version() { return "no cuDNN"; }

}  // namespace ppl
