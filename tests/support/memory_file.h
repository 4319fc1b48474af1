// A file without a folder.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ppl::test {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(memfd_create("table", MFD_CLOEXEC)) {
    if (fd_ >= 0 && write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size())) return;
    std::perror("no memory file");
    std::abort();
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace ppl::test
