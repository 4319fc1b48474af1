// The safetensors format: 8 bytes header length (little endian), a JSON header, then the arrays' bytes.
#pragma once

#include <string>

#include "engine/named_arrays.h"
#include "io/file.h"

namespace ppl {

// Error naming `where` for anything that the format forbids: a header longer than the bytes or than 100 MB, broken JSON
// or UTF-8, duplicate names, unknown types, shapes that do not match their bytes, overlaps, holes, metadata that is not
// text. All of this is checked before memory for arrays is taken.
NamedArrays parse_safetensors(Bytes, const std::string& where);

NamedArrays read_safetensors(const std::string& path);

// Written whole or not at all. The data starts at a multiple of 8; arrays are ordered by element size, then by name.
void write_safetensors(const std::string& path, const NamedArrays&);

}  // namespace ppl
