// A field of a message in an .osm.pbf file by its number and its kind of value: a damaged file may have another kind
// under that number. For the files that read these messages.
#pragma once

#include <cstdint>
#include <protozero/types.hpp>

namespace ppl::pbf {

constexpr uint32_t number(uint32_t field) { return protozero::tag_and_type(field, protozero::pbf_wire_type::varint); }
constexpr uint32_t bytes(uint32_t field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}

}  // namespace ppl::pbf
