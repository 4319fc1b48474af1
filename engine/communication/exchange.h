// Exchanges between ranks as small machines that are moved on by polling. For
// engine/communication/communication_mpi.cpp and engine/communication/progress_thread.cpp only.
#pragma once

#define OMPI_SKIP_MPICXX
#include <mpi.h>

#include <span>
#include <vector>

#include "engine/communication/communication.h"
#include "engine/communication/sum_parts.h"
#include "kernels/bf16.h"

namespace ppl {

class Exchange {
 public:
  Exchange(int rank, int ranks) : rank_(rank), ranks_(ranks) {}
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // tag and tag + 1 are this exchange's own on `communicator`, the same on each rank.
  void begin(MPI_Comm communicator, int tag);
  // Does what can be done without waiting; true when all is done.
  bool advance();
  // A rank whose message has not come or that has not taken ours; -1: none.
  int waits_for() const;

 protected:
  virtual void first() = 0;             // posts the first messages
  virtual bool next() { return true; }  // the posted ones are done: posts more, or true at the end
  void send(int to, const void* data, size_t bytes, int phase = 0);
  void receive(int from, void* data, size_t bytes, int phase = 0);

  const int rank_, ranks_;

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
  int tag_ = 0;
  std::vector<MPI_Request> requests_;
  std::vector<int> peers_;
};

// all = every rank's values, in their order.
class Gather : public Exchange {
 public:
  Gather(int rank, int ranks, std::span<const double> mine, std::span<double> all)
      : Exchange(rank, ranks), mine_(mine), all_(all) {}

 private:
  void first() override;
  std::span<const double> mine_;
  std::span<double> all_;
};

// Done when all ranks have begun it.
class Meeting : public Exchange {
 public:
  Meeting(int rank, int ranks) : Exchange(rank, ranks), came_(static_cast<size_t>(ranks)) {}

 private:
  void first() override;
  char here_ = 1;
  std::vector<char> came_;
};

// Rank 0's values for all.
class Broadcast : public Exchange {
 public:
  Broadcast(int rank, int ranks, std::span<float> values) : Exchange(rank, ranks), values_(values) {}

 private:
  void first() override;
  std::span<float> values_;
};

// Each rank adds up its own part of the values, in the order of the ranks, and sends the sums to all: on the wire are
// 2 (ranks - 1) / ranks of the values each way, the least possible, in `wire`'s type.
class Sum : public Exchange {
 public:
  Sum(int rank, int ranks, float* values, int64_t n, Wire wire)
      : Exchange(rank, ranks), values_(values), wire_(wire), parts_(n, ranks) {}

 private:
  void first() override;
  bool next() override;
  // All my values, and all ranks' values of my part, one rank after the other.
  template <class T>
  void send_parts(T* whole, std::vector<T>& came);
  template <class T>
  void send_sums(T* whole, const std::vector<T>& came);

  float* values_;
  Wire wire_;
  SumParts parts_;
  int phase_ = 0;
  std::vector<float> came_;
  std::vector<bf16> narrow_, came_narrow_;  // as they travel in bf16
};

}  // namespace ppl
