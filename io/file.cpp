#include "io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kernels/base.h"

namespace ppl {
namespace {

[[noreturn]] void fail(const std::string& path, const char* doing, int error) {
  throw Error(cat(path, ": cannot ", doing, ": ", std::strerror(error)));
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

// Opens a regular file and gives its size.
uint64_t open_regular(const std::string& path, Descriptor& d) {
  d.fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block here
  if (d.fd < 0) fail(path, "open", errno);
  struct stat s;
  if (fstat(d.fd, &s) != 0) fail(path, "read", errno);
  PPL_CHECK(S_ISREG(s.st_mode), path, ": expected a file, got ", S_ISDIR(s.st_mode) ? "a folder" : "something else");
  return static_cast<uint64_t>(s.st_size);
}

template <class Container>
Container read_whole(const std::string& path, uint64_t limit) {
  Descriptor d{-1};
  const uint64_t size = open_regular(path, d);
  PPL_CHECK(size <= limit, path, ": expected at most ", limit, " bytes, got ", size);
  Container out(size, {});
  size_t done = 0;
  while (done < size) {
    const ssize_t n = read(d.fd, out.data() + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, "read", errno);
    PPL_CHECK(n > 0, path, ": ended after ", done, " of ", size, " bytes");
    done += static_cast<size_t>(n);
  }
  return out;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::vector<std::byte> read_file(const std::string& path, uint64_t limit) {
  return read_whole<std::vector<std::byte>>(path, limit);
}
std::string read_text(const std::string& path, uint64_t limit) { return read_whole<std::string>(path, limit); }

MappedFile::MappedFile(const std::string& path) : path_(path) {
  Descriptor d{-1};
  const uint64_t size = open_regular(path, d);
  if (size == 0) return;
  void* p = mmap(nullptr, size, PROT_READ, MAP_SHARED, d.fd, 0);
  if (p == MAP_FAILED) fail(path, "map", errno);
  bytes_ = {static_cast<const std::byte*>(p), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::release() const {
  if (!bytes_.empty()) madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& o) noexcept : path_(std::move(o.path_)), bytes_(std::exchange(o.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& o) noexcept {
  std::swap(path_, o.path_);
  std::swap(bytes_, o.bytes_);
  return *this;
}

FileWriter::FileWriter(const std::string& path) : path_(path), file_(std::make_unique<TemporaryFile>(path)) {}

FileWriter::~FileWriter() = default;

void FileWriter::fail(const char* doing) { ppl::fail(path_, doing, errno); }

void FileWriter::write_fully(uint64_t offset, const void* data, size_t size) {
  const char* p = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = pwrite(file_->fd(), p, std::min(size, size_t{1} << 30), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write");
    p += n;
    offset += static_cast<uint64_t>(n);
    size -= static_cast<size_t>(n);
  }
}

void FileWriter::write(const void* data, size_t size) {
  write_fully(offset_, data, size);
  offset_ += size;
}

void FileWriter::write_at(uint64_t offset, const void* data, size_t size) {
  PPL_CHECK(offset + size <= offset_, path_, ": bytes ", offset, " to ", offset + size, " rewritten with ", offset_,
            " written");
  write_fully(offset, data, size);
}

void FileWriter::extend(uint64_t size) {
  PPL_CHECK(size >= offset_, path_, ": extended to ", size, " bytes with ", offset_, " written");
  if (ftruncate(file_->fd(), static_cast<off_t>(size)) != 0) fail("extend");
  offset_ = size;
}

void FileWriter::pad_to(uint64_t alignment) {
  const std::vector<char> zeros((alignment - offset_ % alignment) % alignment);
  write(zeros.data(), zeros.size());
}

void FileWriter::commit(Durable durable) {
  if (durable == Durable::at_once && fsync(file_->fd()) != 0) fail("write");
  file_->become_path();
  file_.reset();
  if (durable == Durable::later) return;
  // The new name itself is on the disk only after this; some file systems refuse it for folders, which changes nothing.
  const Descriptor folder{open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd >= 0) (void)fsync(folder.fd);
}

void write_file(const std::string& path, const void* data, size_t size, FileWriter::Durable durable) {
  FileWriter f(path);
  f.write(data, size);
  f.commit(durable);
}
void write_file(const std::string& path, const std::string& text) { write_file(path, text.data(), text.size()); }

}  // namespace ppl
