// A field of a message in an .osm.pbf file by its number and its kind of value: a damaged file may have another kind
// under that number. For the files that read these messages.
#pragma once

#include <cstdint>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>
#include <string_view>

namespace ppl::pbf {

constexpr uint32_t number(uint32_t field) { return protozero::tag_and_type(field, protozero::pbf_wire_type::varint); }
constexpr uint32_t bytes(uint32_t field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}

// One number after the other; without any check of sums, which may wrap.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool done() const { return at_ == end_; }
  uint64_t next() {
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) return static_cast<uint64_t>(*at_++);
    return protozero::decode_varint(&at_, end_);
  }
  int64_t next_signed() { return protozero::decode_zigzag64(next()); }
  // Of differences to the one before, from 0.
  int64_t next_sum() {
    sum_ += static_cast<uint64_t>(next_signed());
    return static_cast<int64_t>(sum_);
  }

 private:
  const char *at_, *end_;
  uint64_t sum_ = 0;
};

}  // namespace ppl::pbf
