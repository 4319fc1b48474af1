#include "apps/common/device_claim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "kernels/base.h"

namespace ppl::apps {
namespace {

constexpr int kMostOnDevice = 64;

enum class Lock { had, taken, impossible };

Lock lock(const std::string& path, int& file) {
  file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Lock::impossible;
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return Lock::had;
  const bool taken = errno == EWOULDBLOCK;
  close(file);
  file = -1;
  return taken ? Lock::taken : Lock::impossible;
}

}  // namespace

DeviceClaim::DeviceClaim(const std::string& folder, const std::vector<std::string>& devices, std::optional<int> wanted)
    : number_(wanted.value_or(0)) {
  mkdir(folder.c_str(), 0700);
  const int count = static_cast<int>(devices.size());
  // The first process of every device, then the second of every device.
  for (int place = 0; place < kMostOnDevice; ++place) {
    for (int d = wanted.value_or(0); d < (wanted ? *wanted + 1 : count); ++d) {
      const Lock l = lock(cat(folder, "/", devices[static_cast<size_t>(d)], ".", place), file_);
      if (l == Lock::impossible) return;
      if (l == Lock::taken) continue;
      number_ = d;
      return;
    }
  }
}

DeviceClaim::~DeviceClaim() {
  if (file_ >= 0) close(file_);
}

}  // namespace ppl::apps
