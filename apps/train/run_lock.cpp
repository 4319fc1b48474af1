#include "apps/train/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernels/base.h"

namespace ppl::apps {

RunLock::RunLock(const std::string& run) {
  const std::string path = run + "/lock";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  PPL_CHECK(file_ >= 0, path, ": cannot be opened: ", std::strerror(errno));
  if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (error != EWOULDBLOCK) return;  // a file system without locks
  close(file_);
  throw Error(cat(run, ": another train is at work on this run; wait for it, or name another folder (run)"));
}

RunLock::~RunLock() { close(file_); }

}  // namespace ppl::apps
