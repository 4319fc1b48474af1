// What the outside asks of a running program by signals.
#pragma once

namespace ppl::apps {

enum class SignalRequest {
  none,
  checkpoint,  // SIGUSR1: save and go on
  stop,        // SIGTERM or SIGINT (Ctrl-C): save and end with exit_interrupted
};

// From now on these signals are noted instead of ending the process; a second SIGTERM or SIGINT ends it at once. stop:
// those two as well as SIGUSR1.
void watch_signals(bool stop = true);

// The request since the last call; stop is stronger than checkpoint.
SignalRequest take_signal_request();

bool stop_requested();  // whether that would be stop

}  // namespace ppl::apps
