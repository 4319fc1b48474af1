// Weights under the published names, in PyTorch's order of extents (OIHW).
#pragma once

#include "engine/module.h"
#include "engine/named_arrays.h"

namespace ppl {

// Parameters and running statistics; 4-d weights permuted to OIHW (transposed ones IOHW).
NamedArrays state_dict(const Module&);

// What stands before the name of every array, up to a dot: "module.", "model.", "net._orig_mod.", or nothing. Wrappers
// put it there (DataParallel, Lightning, torch.compile).
std::string shared_prefix(const NamedArrays&);

// The arrays under the networks' own names: without a prefix that all share, "psp." and torchvision's ResNet names
// replaced, what is passed over in loading left out. Metadata stays.
NamedArrays under_our_names(NamedArrays);

// True for torchvision's ResNets: the stem is called conv1, not firstconv.
bool is_torchvision(const NamedArrays&);

struct LoadReport {
  std::vector<std::string> missing;  // entries of the module that the file did not have
  std::vector<std::string> unused;   // arrays of the file that the module has no place for
};

// Copies what fits by name. Accepted as they are found: a prefix that all names share, hdc files' "psp." for "dblock.",
// torchvision's ResNet names (conv1, bn1, layer1..4) for the encoder, num_batches_tracked (passed over).
// A wrong shape or type is an Error naming the array, as are values that are not finite and variances below 0. strict:
// missing or unused arrays are one too. Nothing is copied where there is an Error.
LoadReport load_state_dict(const Module&, const NamedArrays&, bool strict = true);

}  // namespace ppl
