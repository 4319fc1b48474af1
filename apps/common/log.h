// Log lines and progress, on stderr only; stdout is for results. --quiet silences both.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace ppl::apps {

void set_quiet(bool quiet);
bool is_quiet();

// One line on stderr, put above a progress bar where one is shown. Safe from several threads.
void log_line(std::string_view text);

// The same for what went wrong with a part of the work; shown with --quiet too.
void log_error(std::string_view text);

// Messages of other libraries may span lines; ours and theirs are printed as one.
std::string one_line(std::string text);

// Names of files may hold codes that a terminal obeys: control characters but for tab and newline as \xNN. log_line,
// log_error and run_app do this themselves.
std::string printable(std::string_view text);

// Takes a progress bar off the terminal so that something else can be printed there.
void clear_progress_line();

// Progress of `total` steps: a bar on a terminal (redrawn at most ten times a second), a line every five seconds
// otherwise. The destructor removes the bar. advance() is safe from several threads.
class Progress {
 public:
  Progress(std::string what, int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `note` stands behind the count, such as a loss; the latest one is shown.
  void advance(int64_t steps = 1, std::string_view note = {});

 private:
  using Clock = std::chrono::steady_clock;
  void show();

  std::mutex mutex_;
  std::string what_;
  std::string note_;
  int64_t total_;
  int64_t done_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
};

}  // namespace ppl::apps
