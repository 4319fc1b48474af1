#include "apps/common/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include <fmt/format.h>

namespace ppl::apps {
namespace {

std::atomic<bool> quiet{false};
std::mutex stderr_mutex;
bool bar_shown = false;  // guarded by stderr_mutex

bool on_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  return terminal;
}

void clear_locked() {
  if (bar_shown) fmt::print(stderr, "\r\033[K");
  bar_shown = false;
}

std::string bar(double share) {
  constexpr int kCells = 30;
  const int filled = std::clamp(static_cast<int>(share * kCells), 0, kCells);
  return std::string(filled, '#') + std::string(kCells - filled, '.');
}

}  // namespace

void set_quiet(bool value) { quiet = value; }
bool is_quiet() { return quiet; }

void clear_progress_line() {
  std::lock_guard lock(stderr_mutex);
  clear_locked();
}

void log_line(std::string_view text) {
  if (!quiet) log_error(text);
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080 to U+009F in UTF-8
      out += fmt::format("\\x{:02x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

void log_error(std::string_view text) {
  std::lock_guard lock(stderr_mutex);
  clear_locked();
  fmt::print(stderr, "{}\n", printable(text));
}

Progress::Progress(std::string what, int64_t total) : what_(std::move(what)), total_(total) {}

Progress::~Progress() { clear_progress_line(); }

void Progress::advance(int64_t steps, std::string_view note) {
  std::lock_guard lock(mutex_);
  done_ += steps;
  if (!note.empty()) note_ = note;
  const auto wait = on_terminal() ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
  if (quiet || Clock::now() - shown_ < wait) return;
  shown_ = Clock::now();
  show();
}

void Progress::show() {
  const double seconds = std::chrono::duration<double>(shown_ - start_).count();
  const double share = total_ > 0 ? static_cast<double>(done_) / static_cast<double>(total_) : 0.0;
  const double left = share > 0 ? seconds / share - seconds : 0.0;
  const std::string counts = fmt::format("{}/{}, {:.0f} s left {}", done_, total_, left, printable(note_));
  std::lock_guard lock(stderr_mutex);
  if (on_terminal()) {
    fmt::print(stderr, "\r\033[K{} [{}] {}", what_, bar(share), counts);
    std::fflush(stderr);
    bar_shown = true;
  } else {
    fmt::print(stderr, "{} {}\n", what_, counts);
  }
}

}  // namespace ppl::apps
