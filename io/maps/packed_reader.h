// Files that may be packed by gzip or bzip2, from their first to their last byte. In builds without zlib and bzip2 what
// is packed is an Error.
#pragma once

#include <memory>
#include <string>

#include "io/file.h"

namespace ppl {

enum class Packing { none, gzip, bzip2 };

// By its first bytes.
Packing packing_of(Bytes begin);

class PackedReader {
 public:
  // Error where the file cannot be opened.
  explicit PackedReader(const std::string& path);
  ~PackedReader();
  PackedReader(const PackedReader&) = delete;
  PackedReader& operator=(const PackedReader&) = delete;

  Packing packing() const;
  // The next bytes, which last until the next call; none at the end. Several streams one after the other (as parallel
  // packers write) are one file. Error naming the file where it is damaged or ends too early.
  Bytes read();
  double share_read() const;  // of the packed bytes

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace ppl
