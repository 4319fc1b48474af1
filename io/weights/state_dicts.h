// Which part of a pickle holds the weights. For io/weights/torch_file.cpp only; Errors say what is wrong, not where.
#pragma once

#include <string>

#include "io/weights/pickle.h"

namespace ppl {

// The dictionary of tensors below `key` (as "ema" or "nets.generator"). With an empty key: the only one there is, at
// any depth; where several hold tensors, the only one whose names have dots, as the parameters of modules do. Error
// that lists the keys where none or several remain.
PickleRef find_state_dict(PickleRef root, const std::string& key);

}  // namespace ppl
