// Keeps a second train out of a run's folder.
#pragma once

#include <string>

namespace ppl::apps {

// Held from construction to destruction, and let go by the system when the process ends in any way. Error where another
// process of this host (or, where the file system has locks, of another one) holds it. The file RUN/lock stays.
class RunLock {
 public:
  explicit RunLock(const std::string& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int file_;
};

}  // namespace ppl::apps
