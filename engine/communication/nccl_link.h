// An NCCL communicator that never makes the host wait inside NCCL. For engine/communication/communication_nccl.cpp
// only.
#pragma once

#include <mutex>
#include <span>
#include <string>

#include "engine/communication/communication.h"
#include "kernels/cuda/context.h"

struct ncclComm;  // ncclComm_t points to one

namespace ppl {

class NcclLink {
 public:
  // All ranks of `host` make it; rank 0's id goes to the others by way of it. Error with NCCL's own words where it
  // cannot start, or has not for so long.
  NcclLink(Communication& host, double timeout_seconds);
  ~NcclLink();
  NcclLink(const NcclLink&) = delete;
  NcclLink& operator=(const NcclLink&) = delete;

  struct Piece {
    int peer;
    void* data;  // in device memory
    size_t bytes;
  };
  // Gives the stream what sends and receives all pieces together. The others must give theirs the matching ones: the
  // call returns when they have.
  void exchange(std::span<const Piece> sent, std::span<const Piece> received, const CudaContext&);

  // What went wrong since, in a line; empty: nothing. Any thread may ask.
  std::string problem() const;
  // Ends what is on its way and the communicator. Any thread may call it; an exchange() of another one then waits for
  // ever, so the caller must end the process.
  void abort();

 private:
  template <class Call>
  int with_communicator(Call&&) const;  // an ncclResult_t; ncclInProgress after abort()
  void check(const char* call, int result) const;
  void start(double timeout_seconds) const;

  mutable std::mutex mutex_;
  ncclComm* comm_ = nullptr;
  double limit_seconds_;
};

}  // namespace ppl
