// Little-endian numbers and runs of bytes from a place that never leaves its end.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "io/file.h"
#include "kernels/base.h"

namespace ppl {

class ByteReader {
 public:
  ByteReader(Bytes bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }
  const std::string& where() const { return where_; }

  // The next `size` bytes; Error where fewer are left.
  Bytes take(uint64_t size) {
    PPL_CHECK(size <= left(), where_, ": ends early: ", size, " bytes expected at byte ", position_, ", ", left(),
              " are left");
    const Bytes part = bytes_.subspan(position_, static_cast<size_t>(size));
    position_ += static_cast<size_t>(size);
    return part;
  }
  std::string_view take_text(uint64_t size) {
    const Bytes part = take(size);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  // Up to the next line feed, which is passed over.
  std::string_view take_line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_, left());
    const size_t end = rest.find('\n');
    PPL_CHECK(end != std::string_view::npos, where_, ": ends in the middle of a line");
    position_ += end + 1;
    return rest.substr(0, end);
  }
  template <class T>
  T number() {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

 private:
  Bytes bytes_;
  size_t position_ = 0;
  std::string where_;
};

}  // namespace ppl
