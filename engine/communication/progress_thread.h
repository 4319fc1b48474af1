// The thread that makes this process's MPI calls. For engine/communication/communication_mpi.cpp only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/communication/exchange.h"

namespace ppl {

class ProgressThread {
 public:
  ProgressThread(const CommunicationOptions&, int rank, int ranks, std::vector<std::string> hosts);
  ~ProgressThread();
  ProgressThread(const ProgressThread&) = delete;
  ProgressThread& operator=(const ProgressThread&) = delete;

  int64_t start(std::unique_ptr<Exchange>);  // returns the exchange's number
  void wait(int64_t number);
  bool finished(int64_t number);
  double take_busy_seconds();  // since the last call: time in which at least one exchange was running
  [[noreturn]] void abort(int exit_code);

 private:
  using Clock = std::chrono::steady_clock;
  struct Active {
    int64_t number;
    std::unique_ptr<Exchange> exchange;
    Clock::time_point since;
  };
  void work();
  bool advance(std::vector<Active>&);  // true if an exchange was completed
  void beat();
  void check_heartbeats(const std::vector<Active>&);
  void stop_heartbeats();

  CommunicationOptions options_;
  const int rank_, ranks_;
  const std::vector<std::string> hosts_;

  std::mutex mutex_;
  std::condition_variable wanted_, done_;
  std::deque<Active> waiting_;       // not begun yet
  std::vector<int64_t> unfinished_;  // their numbers, and those of running ones
  int64_t started_ = 0;
  bool stop_ = false;
  int abort_code_ = -1;
  double busy_ = 0;

  // Heartbeats: every second each rank sends a byte to every other.
  MPI_Comm data_ = MPI_COMM_NULL, beats_ = MPI_COMM_NULL;
  std::vector<MPI_Request> beats_out_, beats_in_;
  std::vector<Clock::time_point> heard_;
  std::vector<char> beat_;  // a byte for each rank
  char alive_ = 1;
  Clock::time_point last_beat_{};
  std::thread thread_;
};

}  // namespace ppl
