#include "apps/common/signals.h"

#include <unistd.h>

#include <csignal>

namespace ppl::apps {
namespace {

volatile std::sig_atomic_t checkpoint_wanted = 0, stop_wanted = 0;

void note(int signal) {
  if (signal == SIGUSR1) {
    checkpoint_wanted = 1;
    return;
  }
  stop_wanted = 1;
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  constexpr char kText[] = "\nstopping as soon as the work in hand is saved; Ctrl-C again ends at once\n";
  if (signal == SIGINT) [[maybe_unused]]
    const auto written = write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

void watch_signals(bool stop) {
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  if (!stop) return;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

SignalRequest take_signal_request() {
  if (stop_wanted) {
    stop_wanted = 0;
    checkpoint_wanted = 0;
    return SignalRequest::stop;
  }
  if (checkpoint_wanted) {
    checkpoint_wanted = 0;
    return SignalRequest::checkpoint;
  }
  return SignalRequest::none;
}

bool stop_requested() { return stop_wanted != 0; }

}  // namespace ppl::apps
