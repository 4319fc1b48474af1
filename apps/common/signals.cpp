#include "apps/common/signals.h"

#include <csignal>
#include <initializer_list>

namespace ppl::apps {
namespace {

volatile std::sig_atomic_t checkpoint_wanted = 0, stop_wanted = 0;

void note(int signal) {
  if (signal == SIGUSR1) {
    checkpoint_wanted = 1;
  } else {
    stop_wanted = 1;
    std::signal(signal, SIG_DFL);
  }
}

}  // namespace

void watch_signals(bool stop) {
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  if (stop) sigaction(SIGTERM, &action, nullptr);
}

void watch_stop() {
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, SIGINT}) sigaction(signal, &action, nullptr);
}

bool stop_is_wanted() { return stop_wanted != 0; }

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

}  // namespace ppl::apps
