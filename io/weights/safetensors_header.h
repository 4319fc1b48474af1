// The JSON header of a safetensors file. For io/safetensors*.cpp only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/named_arrays.h"

namespace ppl {

struct SafetensorsEntry {
  ElementType type = ElementType::f32;
  std::vector<int64_t> shape;
  std::array<uint64_t, 2> offsets{};  // begin and end after the header; not yet checked
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry> tensors;
  std::map<std::string, std::string> metadata;
};

// Error for anything but {"__metadata__": {text: text}, name: {"dtype", "shape", "data_offsets"}, ...}.
SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& where);

}  // namespace ppl
