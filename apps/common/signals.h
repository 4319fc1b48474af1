// What the outside asks of a running program by signals.
#pragma once

namespace ppl::apps {

enum class SignalRequest {
  none,
  checkpoint,  // SIGUSR1: save and go on
  stop,        // SIGTERM, SIGINT (Ctrl-C): save and end with exit_interrupted
};

// From now on these signals are noted instead of ending the process; a second one to stop ends it at once. stop:
// SIGTERM and SIGINT too.
void watch_signals(bool stop = true);

// The request since the last call; stop is stronger than checkpoint.
SignalRequest take_signal_request();

}  // namespace ppl::apps
