// Whole files in and out. Every Error names the path and the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/base.h"

namespace ppl {

using Bytes = std::span<const std::byte>;

// What work() gives; an Error of it that does not begin with the path gets it in front.
template <class Work>
auto naming_file(const std::string& path, Work&& work) {
  try {
    return work();
  } catch (const Error& e) {
    const std::string text = e.what();
    throw Error(text.starts_with(path) ? text : cat(path, ": ", text));
  }
}

// The file's content. Error where it cannot be read, is not a regular file, or is larger than limit bytes.
std::vector<std::byte> read_file(const std::string& path, uint64_t limit = uint64_t{4} << 30);
std::string read_text(const std::string& path, uint64_t limit = uint64_t{64} << 20);

// A file mapped read-only. The mapping lives as long as the object; an empty file gives empty bytes.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;

  Bytes bytes() const { return bytes_; }
  // Takes the pages out of this process's memory; they come back where they are touched again.
  void release() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Bytes bytes_;
};

// An empty file "<path>.<16 hex digits>.tmp" that nobody else has, removed with the object. While the object lives the
// file is locked (flock), so that remove_abandoned knows it from those of processes that are gone.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path);  // Error naming path, not the temporary name
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& name() const { return name_; }
  int fd() const { return fd_; }
  // Gives it the name path. Error where that fails; it stays under its own name then.
  void become_path();

 private:
  std::string path_, name_;
  int fd_ = -1;
};

// Removes the temporary files in `folder` (not below it) whose processes are gone; those of other machines when they
// are a day old. start: of what their names begin with. Where the file system knows no locks none is removed.
void remove_abandoned(const std::string& folder, const std::string& start = "");

// A file that appears under its name only when it is complete: it is written to a temporary name in the same folder,
// flushed to the disk and renamed by commit(). Without commit() (an exception on the way) nothing stays behind.
class FileWriter {
 public:
  explicit FileWriter(const std::string& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(const void* data, size_t size);
  void write_at(uint64_t offset, const void* data, size_t size);  // does not move the end
  void extend(uint64_t size);                  // zeros up to size bytes; they take room when they are written over
  void pad_to(uint64_t alignment);             // zero bytes up to a multiple of alignment
  uint64_t offset() const { return offset_; }  // bytes written so far
  // at_once: on the disk when it returns. later: whole under its name unless the machine goes down.
  enum class Durable { at_once, later };
  void commit(Durable durable = Durable::at_once);

 private:
  void write_fully(uint64_t offset, const void* data, size_t size);
  [[noreturn]] void fail(const char* doing);

  std::string path_;
  std::unique_ptr<TemporaryFile> file_;
  uint64_t offset_ = 0;
};

// All of it in one call.
void write_file(const std::string& path, const void* data, size_t size,
                FileWriter::Durable durable = FileWriter::Durable::at_once);
void write_file(const std::string& path, const std::string& text);

}  // namespace ppl
