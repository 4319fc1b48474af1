// The same at every instruction set that this machine can run.
#pragma once

#include <doctest/doctest.h>

#include "kernels/cpu_level.h"

namespace ppl {

// The best comes last, and stays.
template <class Body>
void at_every_level(Body body) {
  for (const std::string& level : cpu_levels()) {
    use_cpu_level(level);
    CAPTURE(level);
    body();
  }
}

}  // namespace ppl
