// What fuzzing feeds with inputs: see format_fuzz_test.cpp and scripts/soak.sh.
#pragma once

#include "io/file.h"

namespace ppl::test {

// Takes the bytes for what they begin as: a PNG or JPEG image, else for safetensors, a configuration and an input of a
// network; aborts where what is read is not whole.
void try_format(Bytes bytes);

}  // namespace ppl::test
