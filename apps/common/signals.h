// What the outside asks of a running program by signals.
#pragma once

namespace ppl::apps {

enum class SignalRequest {
  none,
  checkpoint,  // SIGUSR1: save and go on
  stop,        // SIGTERM: save and end with exit_interrupted
};

// From now on these signals are noted instead of ending the process; a second SIGTERM ends it at once. stop: SIGTERM
// too.
void watch_signals(bool stop = true);

// From now on SIGTERM and SIGINT (Ctrl-C) are noted as a request to stop; a second one ends the process at once.
void watch_stop();
// Whether one came, without taking it.
bool stop_is_wanted();

// The request since the last call; stop is stronger than checkpoint.
SignalRequest take_signal_request();

}  // namespace ppl::apps
