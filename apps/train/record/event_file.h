// Event files as TensorBoard reads them: TFRecords (length, data, each with a masked CRC-32C) of Event messages.
#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>

#include "io/image/image.h"

namespace ppl {

// CRC-32C (Castagnoli), reflected, as in RFC 3720.
uint32_t crc32c(std::span<const std::byte>);

class EventFile {
 public:
  // Keeps the first `keep` bytes of what an earlier part of the run wrote and cuts off the rest; 0 begins a new file.
  // TensorBoard reads files with "tfevents" in their name.
  explicit EventFile(const std::string& path, uint64_t keep = 0);

  void scalar(const std::string& tag, int64_t step, double value);
  void image(const std::string& tag, int64_t step, const Image&);  // B,G,R or grey, 8 bit; stored as PNG
  uint64_t bytes() const { return bytes_; }

 private:
  void event(int64_t step, const std::string& field);
  void record(const std::string& data);

  std::string path_;
  std::ofstream file_;
  uint64_t bytes_;
};

}  // namespace ppl
