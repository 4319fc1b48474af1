// Short texts that differ where things differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ppl::apps {

// FNV-1a of 64 bits: against mistakes, not against malice.
class Fingerprint {
 public:
  Fingerprint& add(const void* data, size_t size);
  Fingerprint& add(const std::string& text);       // its end too: {"a","bc"} is not {"ab","c"}
  Fingerprint& add_file(const std::string& path);  // its content; Error where it cannot be read
  std::string hex() const;                         // 16 digits

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

// Size and time of change of a file, in nanoseconds; empty where there is none.
std::string stamp_of(const std::string& path);

}  // namespace ppl::apps
