// What fuzzing feeds with inputs: see io_torch_file_test.cpp and scripts/soak.sh.
#pragma once

#include "io/file.h"

namespace ppl::test {

// Reads the bytes as a PyTorch file; aborts where an array does not hold the bytes of its shape, or where arrays
// outgrow the file.
void try_torch_file(Bytes);

}  // namespace ppl::test
