// Which plan of a library computes a convolution on CUDA: decided once per question, and kept. Knows nothing of cuDNN,
// so that tests stand in for it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/conv_runs.h"
#include "kernels/cuda/context.h"

namespace ppl {

// A library does not take what it is asked for; another choice may. Want of memory is none: it is thrown as
// OutOfMemory, so that what is chosen does not depend on what else lies in memory.
struct Refused : Error {
  using Error::Error;
};

// What is asked: the convolution, and what is done with its result in the same pass.
struct ConvQuestion {
  ConvCall call;
  bool bias = false, residual = false, relu = false;

  bool has_epilogue() const { return bias || residual || relu; }
  auto operator<=>(const ConvQuestion&) const = default;
};

// In device memory: what is read in the order of the launcher's arguments, the result in the type of the maps.
struct ConvArrays {
  const void *first = nullptr, *second = nullptr;
  void* result = nullptr;
  const float* bias = nullptr;
  const void* residual = nullptr;
};

class ConvPlan {
 public:
  virtual ~ConvPlan() = default;
  virtual size_t workspace() const = 0;                                    // bytes
  virtual void run(CudaContext&, const ConvArrays&, void* workspace) = 0;  // or Refused, and nothing is done
};

struct ConvProposal {
  std::string engine;                               // its name in tables
  std::string unfit;                                // why it is not to be taken, where it is not
  std::function<std::unique_ptr<ConvPlan>()> plan;  // or Refused
};

class ConvLibrary {
 public:
  virtual ~ConvLibrary() = default;
  // The library's own ranking, its best first; or Refused.
  virtual std::vector<ConvProposal> proposals(const ConvQuestion&) = 0;
};

class ConvPlans {
 public:
  explicit ConvPlans(ConvLibrary& l) : library_(l) {}

  // The first proposal that is fit, can be planned, keeps to the limit of workspace and has never refused to run. None
  // of it is timed. False, and nothing done, where there is none (any more). `refused`: what was tried before, for the
  // table; refusals are added.
  bool run(CudaContext&, const ConvQuestion&, const ConvArrays&, std::string& refused);

 private:
  struct Choice {
    std::vector<ConvProposal> proposals;
    size_t next = 0;  // the first that has not been tried
    std::unique_ptr<ConvPlan> plan;
    std::string engine;
    std::vector<std::string> refusals, unfit;
  };

  Choice& choice(const ConvQuestion&);
  static bool take_next(Choice&);

  ConvLibrary& library_;
  std::map<ConvQuestion, Choice> choices_;
};

// cuDNN for the process' device (conv_cudnn.cpp); null where this build has none (no_cudnn.cpp).
ConvLibrary* cudnn_conv_library();
std::string cudnn_version();  // "cuDNN 9.19.0", of the library that is loaded; "no cuDNN"

// By the plans of cuDNN or of what stands in for it: result = conv(first, second), with the question's epilogue. False,
// and nothing done, where no plan serves. PPL_CUDNN=0 in the environment: as if there were no cuDNN, to test our own.
bool conv_by_library(CudaContext&, const ConvQuestion&, const ConvArrays&, std::string& refused);

// Whether bf16 convolutions are asked for together with their epilogue: at first what PPL_CUDNN_EPILOGUES=1 in the
// environment says, else not. Nobody has measured that they win, and most of their engines are compiled at first use.
bool& conv_epilogues_by_library();

// For tests: another library, whose plans start anew; nullptr: none. Without a value cuDNN again.
void set_conv_library(std::optional<ConvLibrary*>);

}  // namespace ppl
