#include "engine/exchange.h"

#include <algorithm>
#include <climits>
#include <type_traits>

#include "kernels/base.h"

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

void Broadcast::first() {
  if (rank_ != 0) return receive(0, values_.data(), values_.size_bytes());
  for (int r = 1; r < ranks_; ++r) send(r, values_.data(), values_.size_bytes());
}

int64_t Sum::begin_of(int part) const { return n_ * part / ranks_; }

void Sum::first() {
  const int64_t mine = begin_of(rank_ + 1) - begin_of(rank_);
  const auto slots = static_cast<size_t>(mine) * static_cast<size_t>(ranks_ - 1);
  if (wire_ == Wire::bf16) {
    sent_.resize(static_cast<size_t>(n_));
    std::transform(values_, values_ + n_, sent_.begin(), [](float v) { return bf16(v); });
    got_.resize(slots);
  } else {
    came_.resize(slots);
  }
  int64_t slot = 0;
  for (int r = 0; r < ranks_; ++r) {
    if (r == rank_) continue;
    const int64_t begin = begin_of(r), size = begin_of(r + 1) - begin;
    if (wire_ == Wire::bf16) {
      receive(r, got_.data() + slot, static_cast<size_t>(mine) * sizeof(bf16));
      send(r, sent_.data() + begin, static_cast<size_t>(size) * sizeof(bf16));
    } else {
      receive(r, came_.data() + slot, static_cast<size_t>(mine) * sizeof(float));
      send(r, values_ + begin, static_cast<size_t>(size) * sizeof(float));
    }
    slot += mine;
  }
}

// My own values count as they would have arrived, so that every part is added up alike.
template <class T>
void Sum::add_parts() {
  const int64_t begin = begin_of(rank_), mine = begin_of(rank_ + 1) - begin;
  const T* came = nullptr;
  if constexpr (std::is_same_v<T, float>) {
    came = came_.data();
  } else {
    came = got_.data();
  }
  std::vector<float> total(static_cast<size_t>(mine));
  for (int r = 0, slot = 0; r < ranks_; ++r) {
    const float* own = values_ + begin;
    const T* other = came + int64_t{slot} * mine;
    for (int64_t i = 0; i < mine; ++i)
      total[static_cast<size_t>(i)] += r == rank_ ? static_cast<float>(T(own[i])) : static_cast<float>(other[i]);
    slot += r != rank_;
  }
  std::transform(total.begin(), total.end(), values_ + begin, [](float v) { return static_cast<float>(T(v)); });
}

bool Sum::next() {
  const bool narrow = wire_ == Wire::bf16;
  if (phase_++ == 0) {
    narrow ? add_parts<bf16>() : add_parts<float>();
    const int64_t begin = begin_of(rank_), mine = begin_of(rank_ + 1) - begin;
    if (narrow)
      std::transform(values_ + begin, values_ + begin + mine, sent_.begin() + begin, [](float v) { return bf16(v); });
    for (int r = 0; r < ranks_; ++r) {
      if (r == rank_) continue;
      const int64_t from = begin_of(r), size = begin_of(r + 1) - from;
      if (narrow) {
        receive(r, sent_.data() + from, static_cast<size_t>(size) * sizeof(bf16), 1);
        send(r, sent_.data() + begin, static_cast<size_t>(mine) * sizeof(bf16), 1);
      } else {
        receive(r, values_ + from, static_cast<size_t>(size) * sizeof(float), 1);
        send(r, values_ + begin, static_cast<size_t>(mine) * sizeof(float), 1);
      }
    }
    return false;
  }
  if (narrow) std::transform(sent_.begin(), sent_.end(), values_, [](bf16 v) { return static_cast<float>(v); });
  return true;
}

}  // namespace ppl
