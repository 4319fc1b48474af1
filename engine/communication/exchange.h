// Exchanges of data between ranks by MPI calls that do not block; a thread polls them until they are done. For
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

  // The exchange uses the message tags tag and tag + 1 of `communicator`, which must be the same on every rank.
  void begin(MPI_Comm communicator, int tag);
  // Does what can be done without waiting; returns true when the exchange is complete.
  bool advance();
  // A rank that has not yet sent its message or not yet received ours; -1 if there is none.
  int waits_for() const;

 protected:
  virtual void first() = 0;             // starts the first messages
  virtual bool next() { return true; }  // called when all are done: starts more, or returns true at the end
  void send(int to, const void* data, size_t bytes, int phase = 0);
  void receive(int from, void* data, size_t bytes, int phase = 0);

  const int rank_, ranks_;

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
  int tag_ = 0;
  std::vector<MPI_Request> requests_;
  std::vector<int> peers_;
};

// all becomes every rank's values, in the order of the ranks.
class Gather : public Exchange {
 public:
  Gather(int rank, int ranks, std::span<const double> mine, std::span<double> all)
      : Exchange(rank, ranks), mine_(mine), all_(all) {}

 private:
  void first() override;
  std::span<const double> mine_;
  std::span<double> all_;
};

// Complete when all ranks have begun it.
class Barrier : public Exchange {
 public:
  Barrier(int rank, int ranks) : Exchange(rank, ranks), came_(static_cast<size_t>(ranks)) {}

 private:
  void first() override;
  char here_ = 1;
  std::vector<char> came_;
};

// Every rank gets rank 0's values.
class Broadcast : public Exchange {
 public:
  Broadcast(int rank, int ranks, std::span<float> values) : Exchange(rank, ranks), values_(values) {}

 private:
  void first() override;
  std::span<float> values_;
};

// All-reduce: each rank receives one part of everybody's values, adds it up in rank order, and sends the sums to all.
// Each rank sends and receives 2 (ranks - 1) / ranks times the values, in `wire`'s type, which is the least possible.
class Sum : public Exchange {
 public:
  Sum(int rank, int ranks, float* values, int64_t n, Wire wire)
      : Exchange(rank, ranks), values_(values), wire_(wire), parts_(n, ranks) {}

 private:
  void first() override;
  bool next() override;
  // whole: all values of this rank. came: what the ranks sent for this rank's part, one after the other.
  template <class T>
  void send_parts(T* whole, std::vector<T>& came);
  template <class T>
  void send_sums(T* whole, const std::vector<T>& came);

  float* values_;
  Wire wire_;
  SumParts parts_;
  int phase_ = 0;
  std::vector<float> came_;
  std::vector<bf16> narrow_, came_narrow_;  // the same in bf16, where that is sent
};

}  // namespace ppl
