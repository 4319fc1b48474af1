// Threads that other processes hold up are left out: all others wait for them at the end of every loop, so that with
// one busy process beside n threads all n would run at half their speed.
#pragma once

#include <algorithm>

namespace ppl {

// How many of `most` threads to use. Results do not depend on it.
class ThreadChoice {
 public:
  explicit ThreadChoice(int most) : most_(most), threads_(most) {}

  int threads() const { return threads_; }

  // For `seconds` the threads in use waited for `lost` processors that others had (seconds of waiting a second).
  void note(double lost, double seconds) {
    if (lost >= worth() && threads_ > 1) {
      // One that is tried again and held up again at once waits longer the next time.
      patience_ = tried_ && calm_ < patience_ ? std::min(2 * patience_, kLongest) : kShortest;
      calm_ = 0;
      tried_ = false;
      threads_ = std::max(1, threads_ - std::max(1, static_cast<int>(lost + 0.5)));
      return;
    }
    calm_ = lost < kLittle ? calm_ + seconds : 0;
    if (threads_ < most_ && calm_ >= patience_) {
      threads_ += (most_ - threads_ + 1) / 2;
      calm_ = 0;
      tried_ = true;
    }
  }

 private:
  static constexpr double kLittle = 0.1;                  // processors
  static constexpr double kShortest = 0.2, kLongest = 3;  // seconds

  // A thread less is that much less work: what is lost must be more.
  double worth() const { return std::max(0.1, 0.8 / threads_); }

  int most_, threads_;
  double patience_ = kShortest, calm_ = 0;  // seconds
  bool tried_ = false;                      // whether the last change was to more
};

// Sets the number of OpenMP threads for the calling thread's next kernel, from what Linux tells of the time that the
// threads waited for a processor. Not where OMP_DYNAMIC is "false", nor where the system does not tell.
void adapt_threads();

// The same from what ThreadChoice::note takes, for tests.
void adapt_threads(double lost, double seconds);

// While it lives, the calling thread has as many as it would have undisturbed: for results that depend on the number.
class AllThreads {
 public:
  AllThreads();
  ~AllThreads();
  AllThreads(const AllThreads&) = delete;
  AllThreads& operator=(const AllThreads&) = delete;

 private:
  int before_;
};

}  // namespace ppl
