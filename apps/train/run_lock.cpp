#include "apps/train/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "kernels/base.h"

namespace ppl::apps {

RunLock::RunLock(const std::string& run) {
  const std::string path = run + "/lock";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  PPL_CHECK(file_ >= 0, path, ": cannot be opened: ", std::strerror(errno));
  // A process that was killed a moment ago may still be freeing its memory.
  for (int tries = 0; tries < 100; ++tries) {
    if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK) return;  // a file system without locks
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  close(file_);
  throw Error(cat(run, ": another train is at work on this run; wait for it, or name another folder (run)"));
}

RunLock::~RunLock() { close(file_); }

}  // namespace ppl::apps
