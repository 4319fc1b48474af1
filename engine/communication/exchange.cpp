#include "engine/communication/exchange.h"

#include <algorithm>
#include <climits>

#include "kernels/base.h"
#include "kernels/cpu/context.h"
#include "kernels/ordered_sum.h"

namespace ppl {

void Exchange::begin(MPI_Comm communicator, int tag) {
  communicator_ = communicator;
  tag_ = tag;
  first();
}

void Exchange::send(int to, const void* data, size_t bytes, int phase) {
  PPL_CHECK(bytes <= INT_MAX, "a message of ", bytes, " bytes to rank ", to, " is too long");
  requests_.emplace_back();
  peers_.push_back(to);
  MPI_Isend(data, static_cast<int>(bytes), MPI_BYTE, to, tag_ + phase, communicator_, &requests_.back());
}

void Exchange::receive(int from, void* data, size_t bytes, int phase) {
  PPL_CHECK(bytes <= INT_MAX, "a message of ", bytes, " bytes from rank ", from, " is too long");
  requests_.emplace_back();
  peers_.push_back(from);
  MPI_Irecv(data, static_cast<int>(bytes), MPI_BYTE, from, tag_ + phase, communicator_, &requests_.back());
}

bool Exchange::advance() {
  for (;;) {
    int done = 1;
    if (!requests_.empty())
      MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
    if (!done) return false;
    requests_.clear();
    peers_.clear();
    if (next()) return true;
  }
}

int Exchange::waits_for() const {
  for (size_t i = 0; i < requests_.size(); ++i) {
    int done = 0;
    MPI_Request_get_status(requests_[i], &done, MPI_STATUS_IGNORE);
    if (!done) return peers_[i];
  }
  return -1;
}

void Gather::first() {
  const size_t n = mine_.size();
  for (int r = 0; r < ranks_; ++r) {
    double* to = all_.data() + static_cast<size_t>(r) * n;
    if (r == rank_) {
      std::copy(mine_.begin(), mine_.end(), to);
    } else {
      receive(r, to, n * sizeof(double));
      send(r, mine_.data(), n * sizeof(double));
    }
  }
}

void Barrier::first() {
  for (int r = 0; r < ranks_; ++r) {
    if (r == rank_) continue;
    receive(r, &came_[static_cast<size_t>(r)], 1);
    send(r, &here_, 1);
  }
}

void Broadcast::first() {
  if (rank_ != 0) return receive(0, values_.data(), values_.size_bytes());
  for (int r = 1; r < ranks_; ++r) send(r, values_.data(), values_.size_bytes());
}

void Sum::first() {
  if (wire_ == Wire::f32) return send_parts(values_, came_);
  narrow_.resize(static_cast<size_t>(parts_.n));
  std::transform(values_, values_ + parts_.n, narrow_.begin(), [](float v) { return bf16(v); });
  send_parts(narrow_.data(), came_narrow_);
}

template <class T>
void Sum::send_parts(T* whole, std::vector<T>& came) {
  const int64_t mine = parts_.size(rank_);
  came.resize(static_cast<size_t>(mine * ranks_));
  for (int r = 0; r < ranks_; ++r) {
    if (r == rank_) continue;
    receive(r, came.data() + r * mine, static_cast<size_t>(mine) * sizeof(T));
    send(r, whole + parts_.begin(r), static_cast<size_t>(parts_.size(r)) * sizeof(T));
  }
  std::copy_n(whole + parts_.begin(rank_), mine, came.begin() + rank_ * mine);
}

template <class T>
void Sum::send_sums(T* whole, const std::vector<T>& came) {
  const int64_t mine = parts_.size(rank_);
  T* sums = whole + parts_.begin(rank_);
  ordered_sum(CpuContext::current(), mine, ranks_, came.data(), sums);
  for (int r = 0; r < ranks_; ++r) {
    if (r == rank_) continue;
    receive(r, whole + parts_.begin(r), static_cast<size_t>(parts_.size(r)) * sizeof(T), 1);
    send(r, sums, static_cast<size_t>(mine) * sizeof(T), 1);
  }
}

bool Sum::next() {
  const bool narrow = wire_ == Wire::bf16;
  if (phase_++ == 0) {
    narrow ? send_sums(narrow_.data(), came_narrow_) : send_sums(values_, came_);
    return false;
  }
  if (narrow) std::transform(narrow_.begin(), narrow_.end(), values_, [](bf16 v) { return static_cast<float>(v); });
  return true;
}

}  // namespace ppl
