// Tables that are larger than the memory they may take.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.h"

namespace ppl {

// Mapped files of which at most about 32 MB stay in memory, as long as readers say what they look at. Several threads
// may.
class MappedTables {
 public:
  // The number of the file, from 0.
  uint32_t add(const std::string& path);
  std::string_view text(uint32_t file) const;
  const std::string& path(uint32_t file) const { return files_[file].path(); }

  // So many bytes in one piece, or one line somewhere, were looked at since the last call. Texts stay valid.
  void touch(size_t bytes) const;
  void touch_line() const;

 private:
  std::vector<MappedFile> files_;
  mutable std::atomic<size_t> touched_ = 0;  // bytes
};

// Adjacent rows of one image, from an offset to the first row of another.
struct RowRun {
  uint64_t offset;
  uint32_t line;
  uint32_t file;
};

}  // namespace ppl
