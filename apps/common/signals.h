// What the outside asks of a running program by signals.
#pragma once

namespace ppl::apps {

enum class Wish {
  none,
  checkpoint,  // SIGUSR1: save and go on
  stop,        // SIGTERM: save and end with kInterrupted
};

// From now on these signals are noted instead of ending the process; a second SIGTERM ends it at once. stop: SIGTERM
// too.
void watch_signals(bool stop = true);

// The wish since the last call; stop is stronger than checkpoint.
Wish take_wish();

}  // namespace ppl::apps
