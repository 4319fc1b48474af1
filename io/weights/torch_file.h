// State dicts as PyTorch saves them (.th, .pt, .pth): the zip form of today and the form of version 1.5 and before.
// The pickles inside are read by our own machine (pickle.h): nothing in a file is executed.
#pragma once

#include <string>

#include "engine/named_arrays.h"
#include "io/file.h"

namespace ppl {

// True where the bytes begin as one of the two forms does.
bool is_torch_file(Bytes);

// The arrays of a state dict, wherever it is in the file: the whole of it, or below a key of any name (state_dicts.h).
// key: which one, where there are several. Objects of any class beside the tensors (argparse.Namespace, paths, numpy
// arrays) are passed over. Names are as stored, "module." included. Error naming `where` for damaged files, pickled
// models, names by which Python would run programs, several state dicts without a key, and tensors that do not fit
// their storage. An array has no more elements than its storage, and all together no more than four times the file's
// bytes: a small file does not become a large memory.
NamedArrays parse_torch_file(Bytes, const std::string& where, const std::string& key = "");

// Safetensors or PyTorch, told by the first bytes. key: as above; Error for safetensors, which have none. Error that
// says what it is for web pages, Git LFS pointers and the like.
NamedArrays read_weights_file(const std::string& path, const std::string& key = "");

}  // namespace ppl
