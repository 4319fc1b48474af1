#include "apps/common/fingerprint.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "io/file.h"

namespace ppl::apps {

Fingerprint& Fingerprint::add(const void* data, size_t size) {
  for (size_t i = 0; i < size; ++i) hash_ = (hash_ ^ static_cast<const uint8_t*>(data)[i]) * 0x100000001b3u;
  return *this;
}

Fingerprint& Fingerprint::add(const std::string& text) { return add(text.c_str(), text.size() + 1); }

Fingerprint& Fingerprint::add_file(const std::string& path) {
  const MappedFile file(path);
  return add(file.bytes().data(), file.bytes().size());
}

std::string Fingerprint::hex() const { return fmt::format("{:016x}", hash_); }

std::string stamp_of(const std::string& path) {
  struct stat s;
  if (stat(path.c_str(), &s) != 0) return "";
  return fmt::format("{} bytes, {}.{:09}", s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

}  // namespace ppl::apps
