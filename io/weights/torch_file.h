// State dicts as PyTorch saves them (.th, .pt, .pth): the zip form of today and the form of version 1.5 and before.
// The pickles inside are read by our own machine (pickle.h): nothing in a file is executed.
#pragma once

#include <string>

#include "engine/named_arrays.h"
#include "io/file.h"

namespace ppl {

// True where the bytes begin as one of the two forms does.
bool is_torch_file(Bytes);

// The arrays of a state dict; of a checkpoint those of the dictionary below "state_dict", "model_state_dict", "model",
// "net", "network" or "weights". Entries that are no tensors are passed over. Names are as stored, "module." included.
// Error naming `where` for damaged files, pickled models, names that no state dict needs, and tensors that do not fit
// their storage. An array has no more elements than its storage, and all together no more than four times the file's
// bytes: a small file does not become a large memory.
NamedArrays parse_torch_file(Bytes, const std::string& where);

// Safetensors or PyTorch, told by the first bytes.
NamedArrays read_weights_file(const std::string& path);

}  // namespace ppl
