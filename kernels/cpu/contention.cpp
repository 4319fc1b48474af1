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
      : file_(open(("/proc/self/task/" + std::to_string(thread) + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC)) {}
  ThreadUsage(ThreadUsage&& o) noexcept : file_(std::exchange(o.file_, -1)) {}
  ThreadUsage& operator=(ThreadUsage&&) = delete;
  ~ThreadUsage() {
    if (file_ >= 0) close(file_);
  }

  bool read(Usage& to) const {
    char text[96] = {};
    unsigned long long ran = 0, waited = 0;
    if (file_ < 0 || pread(file_, text, sizeof text - 1, 0) <= 0 || std::sscanf(text, "%llu %llu", &ran, &waited) != 2)
      return false;
    to.ran += 1e-9 * static_cast<double>(ran);
    to.waited += 1e-9 * static_cast<double>(waited);
    return true;
  }

 private:
  int file_;
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
    const double process = process_seconds();
    Usage usage;
    const bool known = !threads_.empty() && read(usage);
    const int before = set_;
    if (known) {
      // Waiting for this process's other threads is nobody else's fault.
      const double others = std::max(0.0, process - process_ - (usage.ran - usage_.ran));
      note((usage.waited - usage_.waited - others) / seconds, seconds);
    }
    if (!known || set_ != before) {
      find_threads();
      usage = {};
      allowed_ = read(usage);
    }
    last_ = time;
    usage_ = usage;
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
    for (const long id : ids) threads_.emplace_back(id);
  }
  bool read(Usage& to) const {
    return std::all_of(threads_.begin(), threads_.end(), [&](const ThreadUsage& t) { return t.read(to); });
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
  Usage usage_;
  double process_ = 0;
};

thread_local Watch watch;

}  // namespace

void adapt_threads() { watch.update(); }
void adapt_threads(double lost, double seconds) { watch.note(lost, seconds); }

AllThreads::AllThreads() : before_(omp_get_max_threads()) { omp_set_num_threads(watch.wanted()); }
AllThreads::~AllThreads() { omp_set_num_threads(before_); }

}  // namespace ppl
