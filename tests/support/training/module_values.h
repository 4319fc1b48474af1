// All parameters and buffers of a module, one after the other.
#pragma once

#include <vector>

#include "engine/module.h"

namespace ppl::test {

inline std::vector<float> values_of(const Module& m) {
  std::vector<float> all;
  for (const Module::Entry& e : m.entries()) {
    const std::vector<float> v = e.tensor.to_host();
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

}  // namespace ppl::test
