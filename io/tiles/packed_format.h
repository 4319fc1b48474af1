// The layout of a packed file, little endian. For io/packed*.cpp only; README.md describes it.
#pragma once

#include <bit>
#include <cstdint>

namespace ppl {

inline constexpr char kPackedMagic[8] = {'P', 'P', 'L', 'T', 'I', 'L', 'E', 'S'};
inline constexpr uint32_t kPackedVersion = 1;
inline constexpr uint64_t kPackedAlignment = 64;

struct PackedHeader {
  char magic[8];
  uint32_t version;
  uint32_t bands;
  uint64_t count;                     // of tiles
  uint64_t index_offset;              // count PackedRecords
  uint64_t ids_offset, ids_size;      // the ids' characters, one after the other
  uint64_t about_offset, about_size;  // JSON {"classes": .., "input": {..}}; ends the file
};
static_assert(sizeof(PackedHeader) == 64);

struct PackedRecord {
  uint64_t image_offset;  // height * width * bands bytes
  uint64_t mask_offset;   // height * width bytes
  uint32_t height, width;
  uint32_t id_offset, id_size;  // within the ids
};
static_assert(sizeof(PackedRecord) == 32);
static_assert(std::endian::native == std::endian::little, "packed files are read in the machine's byte order");

}  // namespace ppl
