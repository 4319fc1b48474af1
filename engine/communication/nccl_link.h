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
  // Every rank of `host` must make one; `host` carries rank 0's NCCL id to the others. Error with NCCL's message if it
  // cannot start or takes longer than the timeout.
  NcclLink(Communication& host, double timeout_seconds);
  ~NcclLink();
  NcclLink(const NcclLink&) = delete;
  NcclLink& operator=(const NcclLink&) = delete;

  struct Piece {
    int peer;
    void* data;  // in device memory
    size_t bytes;
  };
  // Makes all these sends and receives one operation of the stream. The other ranks must make the matching calls; this
  // one returns when they have.
  void exchange(std::span<const Piece> sent, std::span<const Piece> received, const CudaContext&);

  // An error that came up since, in one line; empty: none. Any thread may ask.
  std::string problem() const;
  // Ends the communicator and every running operation. Any thread may call it. An exchange() that runs in another
  // thread then never returns, so the caller must end the process.
  void abort();

 private:
  template <class Call>
  int with_communicator(Call&&) const;  // an ncclResult_t; ncclInProgress after abort()
  void check(const char* call, int result) const;
  void start(double timeout_seconds) const;

  mutable std::mutex mutex_;
  ncclComm* comm_ = nullptr;
  double timeout_seconds_;
};

}  // namespace ppl
