// Tensors as PyTorch's pickles describe them. For io/weights/torch_file.cpp only; Errors say what is wrong, not where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/named_arrays.h"
#include "io/file.h"
#include "io/weights/pickle.h"

namespace ppl {

struct TorchStorage {
  ElementType type;
  std::string key;
  uint64_t first = 0, count = 0;  // elements of the stored block that this one sees
};

// From its description in the pickle.
TorchStorage torch_storage(PickleRef);

// Which elements of a storage a tensor has.
struct TorchView {
  TorchStorage storage;
  uint64_t first = 0;
  std::vector<uint64_t> shape, strides;

  uint64_t count() const {
    uint64_t n = 1;
    for (const uint64_t extent : shape) n *= extent;
    return n;
  }
};

// Whether the value is a tensor, of whatever kind.
bool is_torch_tensor(PickleRef);

// Of a value that is one. The view lies inside its storage. Error for kinds that are not read, such as quantized ones.
TorchView torch_tensor(PickleRef);

// Its elements, row by row; block holds those of the whole storage.
HostArray torch_array(const TorchView&, Bytes block);

}  // namespace ppl
