#include "kernels/cpu/contention.h"

#include <fcntl.h>
#include <omp.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ppl {
namespace {

using Clock = std::chrono::steady_clock;

struct Usage {
  double ran = 0, waited = 0;  // seconds
};

// A thread's line "ran waited slices" of nanoseconds, kept open.
class ThreadUsage {
 public:
  explicit ThreadUsage(long thread)
      : file_(open(("/proc/self/task/" + std::to_string(thread) + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC)) {
    since_last();
  }
  ThreadUsage(ThreadUsage&& o) noexcept : file_(std::exchange(o.file_, -1)), last_(o.last_) {}
  ThreadUsage& operator=(ThreadUsage&&) = delete;
  ~ThreadUsage() {
    if (file_ >= 0) close(file_);
  }

  // Nothing where the thread has ended, or the system does not tell.
  std::optional<Usage> since_last() {
    char text[96] = {};
    unsigned long long ran = 0, waited = 0;
    if (file_ < 0 || pread(file_, text, sizeof text - 1, 0) <= 0 || std::sscanf(text, "%llu %llu", &ran, &waited) != 2)
      return std::nullopt;
    const Usage now{1e-9 * static_cast<double>(ran), 1e-9 * static_cast<double>(waited)};
    const Usage last = std::exchange(last_, now);
    return Usage{now.ran - last.ran, now.waited - last.waited};
  }

 private:
  int file_;
  Usage last_;
};

double process_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// One for each thread that starts kernels: OpenMP gives each of these threads of its own.
class Watch {
 public:
  void update() {
    follow_user();
    if (wanted_ <= 1 || !allowed_ || omp_in_parallel()) return;
    const Clock::time_point time = Clock::now();
    const double seconds = std::chrono::duration<double>(time - last_).count();
    if (!threads_.empty() && seconds < std::max(0.02, 0.0005 * wanted_)) return;  // a line takes a microsecond or two
    Usage usage;
    bool all = !threads_.empty();
    for (ThreadUsage& thread : threads_) {
      const std::optional<Usage> since = thread.since_last();
      all = all && since;
      usage.ran += since ? since->ran : 0, usage.waited += since ? since->waited : 0;
    }
    const double process = process_seconds();
    const int before = set_;
    if (!threads_.empty()) {
      // Waiting for this process's other threads is nobody else's fault.
      const double others = std::max(0.0, process - process_ - usage.ran);
      note((usage.waited - others) / seconds, seconds);
    }
    if (!all || set_ != before) find_threads();
    last_ = time;
    process_ = process;
  }

  void note(double lost, double seconds) {
    follow_user();
    choice_.note(lost, seconds);
    omp_set_num_threads(set_ = choice_.threads());
  }

  int wanted() const { return set_ == omp_get_max_threads() ? wanted_ : omp_get_max_threads(); }

 private:
  void follow_user() {
    const int now = omp_get_max_threads();
    if (now == set_) return;
    wanted_ = set_ = now;
    choice_ = ThreadChoice(now);
    threads_.clear();
  }
  // OpenMP ends threads that a smaller team does not need, and starts others.
  void find_threads() {
    std::vector<long> ids(static_cast<size_t>(set_));
#pragma omp parallel num_threads(set_)
    ids[static_cast<size_t>(omp_get_thread_num())] = syscall(SYS_gettid);
    threads_.clear();
    for (const long id : ids) allowed_ = threads_.emplace_back(id).since_last() && allowed_;
  }
  static bool may_adapt() {
    const char* dynamic = std::getenv("OMP_DYNAMIC");
    return !dynamic || strcasecmp(dynamic, "false") != 0;
  }

  bool allowed_ = may_adapt();
  int wanted_ = 0, set_ = 0;
  ThreadChoice choice_{1};
  std::vector<ThreadUsage> threads_;
  Clock::time_point last_;
  double process_ = 0;
};

thread_local Watch watch;

}  // namespace

void adapt_threads() { watch.update(); }
void adapt_threads(double lost, double seconds) { watch.note(lost, seconds); }

AllThreads::AllThreads() : before_(omp_get_max_threads()) { omp_set_num_threads(watch.wanted()); }
AllThreads::~AllThreads() { omp_set_num_threads(before_); }

}  // namespace ppl
