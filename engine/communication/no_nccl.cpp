// In place of communication_nccl.cpp where NCCL or CUDA is missing.
#include "engine/communication/communication.h"

namespace ppl {

std::string nccl_problem() { return "this build has no NCCL"; }
std::string nccl_name() { return "no NCCL"; }

std::unique_ptr<Communication> all_reduce_by_nccl(Communication&, const CommunicationOptions&) {
  throw Error(nccl_problem());
}

}  // namespace ppl
