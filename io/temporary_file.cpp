#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <random>
#include <utility>

#include "io/file.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr size_t kHalf = 8;  // digits of the machine, and of chance
constexpr time_t kDay = 86400;
const std::string kEnd = ".tmp";

std::string digits(uint32_t value) {
  std::string text;
  for (size_t i = 0; i < kHalf; ++i, value >>= 4) text += "0123456789abcdef"[value % 16];
  return text;
}

// Of this machine since it was started: locks of its processes are sure to be seen here.
const std::string& this_machine() {
  static const std::string machine = [] {
    uint32_t hash = 2166136261u;  // FNV-1a
    char id[64];
    const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? 0 : read(fd, id, sizeof id);
    if (fd >= 0) close(fd);
    for (ssize_t i = 0; i < size; ++i) hash = (hash ^ static_cast<uint8_t>(id[i])) * 16777619u;
    return digits(hash);
  }();
  return machine;
}

// The digits of "<anything>.<16 hex digits>.tmp"; empty for other names.
std::string digits_of(const std::string& name) {
  const size_t tail = 1 + 2 * kHalf + kEnd.size();
  if (name.size() <= tail || !name.ends_with(kEnd) || name[name.size() - tail] != '.') return "";
  const std::string found = name.substr(name.size() - tail + 1, 2 * kHalf);
  return found.find_first_not_of("0123456789abcdef") == std::string::npos ? found : "";
}

// False where remove_abandoned came between the file's making and now.
bool lock(int fd) {
  struct stat s;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  return fstat(fd, &s) == 0 && s.st_nlink > 0;
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& path) : path_(path) {
  struct stat s;
  // A device or pipe under this name would be replaced by the rename.
  PPL_CHECK(stat(path.c_str(), &s) != 0 || S_ISREG(s.st_mode), path, ": expected a file to replace, got ",
            S_ISDIR(s.st_mode) ? "a folder" : "something else");
  for (int tries = 0; tries < 100; ++tries) {
    // The system's own chance: processes of several containers may have one number and start at one time.
    name_ = cat(path, ".", this_machine(), digits(std::random_device()()), kEnd);
    fd_ = open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno == EEXIST) continue;
    PPL_CHECK(fd_ >= 0, path, ": cannot create: ", std::strerror(errno));
    if (lock(fd_)) return;
    unlink(name_.c_str());
    close(std::exchange(fd_, -1));
  }
  throw Error(cat(path, ": cannot create: no temporary name is free"));
}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) unlink(name_.c_str());
  if (fd_ >= 0) close(fd_);
}

void TemporaryFile::become_path() {
  // Some file systems tell only when a descriptor is closed that they have no room.
  const int copy = dup(fd_);
  PPL_CHECK(copy >= 0 && close(copy) == 0, path_, ": cannot write: ", std::strerror(errno));
  PPL_CHECK(rename(name_.c_str(), path_.c_str()) == 0, path_,
            ": cannot rename the finished file: ", std::strerror(errno));
  name_.clear();
}

void remove_abandoned(const std::string& folder, const std::string& start) {
  DIR* listing = opendir(folder.c_str());
  if (listing == nullptr) return;
  while (const dirent* entry = readdir(listing)) {
    const std::string name = entry->d_name;
    const std::string found = digits_of(name);
    if (found.empty() || !name.starts_with(start)) continue;
    const int fd = openat(dirfd(listing), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) continue;
    struct stat s;
    // Locks of other machines may not be seen here.
    const bool sure = found.starts_with(this_machine()) || (fstat(fd, &s) == 0 && s.st_mtime < time(nullptr) - kDay);
    if (sure && flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(dirfd(listing), name.c_str(), 0);
    close(fd);
  }
  closedir(listing);
}

}  // namespace ppl
