#include "engine/communication/progress_thread.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr auto kBeat = std::chrono::seconds(1);
constexpr int kPollsBeforeSleep = 200;
constexpr auto kSleep = std::chrono::microseconds(50);
constexpr int64_t kTags = 15000;  // pairs of tags; MPI grants 32767

}  // namespace

ProgressThread::ProgressThread(const CommunicationOptions& options, int rank, int ranks, std::vector<std::string> hosts)
    : options_(options),
      rank_(rank),
      ranks_(ranks),
      hosts_(std::move(hosts)),
      beats_out_(static_cast<size_t>(ranks), MPI_REQUEST_NULL),
      beats_in_(static_cast<size_t>(ranks), MPI_REQUEST_NULL),
      heard_(static_cast<size_t>(ranks), Clock::now()),
      beat_(static_cast<size_t>(ranks)) {
  MPI_Comm_dup(MPI_COMM_WORLD, &data_);
  MPI_Comm_dup(MPI_COMM_WORLD, &beats_);
  thread_ = std::thread([this] { work(); });
}

ProgressThread::~ProgressThread() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_one();
  thread_.join();
  stop_heartbeats();
  MPI_Comm_free(&data_);
  MPI_Comm_free(&beats_);
}

int64_t ProgressThread::start(std::unique_ptr<Exchange> exchange) {
  std::lock_guard lock(mutex_);
  const int64_t number = started_++;
  waiting_.push_back({number, std::move(exchange), Clock::now()});
  unfinished_.push_back(number);
  wanted_.notify_one();
  return number;
}

void ProgressThread::wait(int64_t number) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return std::find(unfinished_.begin(), unfinished_.end(), number) == unfinished_.end(); });
}

bool ProgressThread::finished(int64_t number) {
  const std::lock_guard lock(mutex_);
  return std::find(unfinished_.begin(), unfinished_.end(), number) == unfinished_.end();
}

double ProgressThread::take_busy_seconds() {
  std::lock_guard lock(mutex_);
  return std::exchange(busy_, 0.0);
}

void ProgressThread::abort(int exit_code) {
  {
    std::lock_guard lock(mutex_);
    abort_code_ = exit_code;
  }
  wanted_.notify_one();
  for (;;) std::this_thread::sleep_for(kBeat);
}

void ProgressThread::work() {
  std::vector<Active> active;
  int idle_polls = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto wanted = [&] { return stop_ || abort_code_ >= 0 || !waiting_.empty(); };
      if (active.empty()) wanted_.wait_for(lock, kBeat, wanted);
      if (abort_code_ >= 0) MPI_Abort(MPI_COMM_WORLD, abort_code_);
      if (stop_ && active.empty() && waiting_.empty()) return;
      for (; !waiting_.empty(); waiting_.pop_front()) {
        active.push_back(std::move(waiting_.front()));
        const int tag = static_cast<int>(active.back().number % kTags) * 2;
        active.back().exchange->begin(data_, tag);
      }
    }
    const auto before = Clock::now();
    const bool had_work = !active.empty();
    idle_polls = advance(active) ? 0 : idle_polls + 1;
    beat();
    check_heartbeats(active);
    if (!active.empty()) {
      if (idle_polls < kPollsBeforeSleep) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kSleep);
      }
    }
    if (had_work) {
      std::lock_guard lock(mutex_);
      busy_ += std::chrono::duration<double>(Clock::now() - before).count();
    }
  }
}

bool ProgressThread::advance(std::vector<Active>& active) {
  bool finished = false;
  for (Active& a : active) {
    if (!a.exchange->advance()) continue;
    a.exchange.reset();
    finished = true;
    std::lock_guard lock(mutex_);
    std::erase(unfinished_, a.number);
  }
  if (finished) {
    std::erase_if(active, [](const Active& a) { return !a.exchange; });
    done_.notify_all();
  }
  return finished;
}

void ProgressThread::beat() {
  const auto now = Clock::now();
  for (int r = 0; r < ranks_; ++r) {
    if (r == rank_) continue;
    const auto i = static_cast<size_t>(r);
    int came = 1;
    MPI_Test(&beats_in_[i], &came, MPI_STATUS_IGNORE);
    if (!came) continue;
    if (last_beat_ != Clock::time_point{}) heard_[i] = now;
    MPI_Irecv(&beat_[i], 1, MPI_CHAR, r, 0, beats_, &beats_in_[i]);
  }
  if (now - last_beat_ < kBeat) return;
  last_beat_ = now;
  for (int r = 0; r < ranks_; ++r) {
    if (r == rank_) continue;
    int gone = 1;
    MPI_Test(&beats_out_[static_cast<size_t>(r)], &gone, MPI_STATUS_IGNORE);
    if (gone) MPI_Isend(&alive_, 1, MPI_CHAR, r, 0, beats_, &beats_out_[static_cast<size_t>(r)]);
  }
}

// A rank that an exchange waits for and whose heartbeat stopped has died or cannot be reached.
void ProgressThread::check_heartbeats(const std::vector<Active>& active) {
  const auto now = Clock::now();
  const auto limit = std::chrono::duration<double>(options_.timeout_seconds);
  for (const Active& a : active) {
    if (now - a.since < limit) continue;
    const int r = a.exchange->waits_for();
    if (r < 0 || now - heard_[static_cast<size_t>(r)] < limit) continue;
    if (options_.on_lost)
      options_.on_lost(cat("rank ", rank_, " on ", hosts_[static_cast<size_t>(rank_)], ": rank ", r, " on ",
                           hosts_[static_cast<size_t>(r)], " has not been heard of for ", options_.timeout_seconds,
                           " s; the run ends"));
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }
}

void ProgressThread::stop_heartbeats() {
  for (MPI_Request& r : beats_in_) {
    if (r == MPI_REQUEST_NULL) continue;
    MPI_Cancel(&r);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
  }
  for (MPI_Request& r : beats_out_)
    if (r != MPI_REQUEST_NULL) MPI_Request_free(&r);
}

}  // namespace ppl
