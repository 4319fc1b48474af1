#include "tests/support/fuzz/torch_file_fuzz.h"

#include "io/weights/torch_file.h"
#include "kernels/base.h"
#include "tests/support/fuzz/fuzz.h"

namespace ppl::test {

void try_torch_file(Bytes bytes) {
  NamedArrays file;
  try {
    file = parse_torch_file(bytes, "file");
  } catch (const Error&) {
    return;
  }
  uint64_t total = 0;
  for (const auto& [name, array] : file.arrays) {
    uint64_t count = 1;
    for (const int64_t extent : array.shape) count *= static_cast<uint64_t>(extent);
    require(array.bytes.size() == count * element_size(array.type), "an array without the bytes of its shape");
    total += array.bytes.size();
  }
  require(total <= 4 * bytes.size(), "arrays that outgrow the file");
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_torch_file)
