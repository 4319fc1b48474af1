// Convolutions by cuDNN as a ConvLibrary (conv_plans.h), for a device that is there or only described.
#pragma once

#include "kernels/cuda/conv_plans.h"
#include "kernels/cuda/cudnn_backend.h"

namespace ppl {

class CudnnConvLibrary : public ConvLibrary {
 public:
  explicit CudnnConvLibrary(const PlanTarget& t) : target_(t) {}
  std::vector<ConvProposal> proposals(const ConvQuestion&) override;

 private:
  PlanTarget target_;
};

}  // namespace ppl
