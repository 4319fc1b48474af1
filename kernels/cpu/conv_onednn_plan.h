// Primitives of oneDNN and the layouts that they want, made once per shape: for conv_onednn.cpp only.
#pragma once

#include <memory>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "kernels/cpu/conv_impl.h"

namespace ppl::conv_direct {

// Everything that a primitive depends on; the library splits the work by the number of threads at creation.
struct Key {
  ConvKind kind;
  Conv conv;
  bool is_bf16, bias, residual, relu;
  int threads;
  auto operator<=>(const Key&) const = default;
};

struct Plan {
  dnnl::primitive primitive;
  dnnl::memory::desc source, weights, plain_weights, bias, result, scratch;
};

const dnnl::engine& engine();

// Error where there is no room left for the code that the library generates for a primitive: it writes to address 0
// then.
void require_room();

// work(), which makes primitives or memory of the library; what it throws for want of memory becomes our error.
template <class Work>
auto guarded(Work work) {
  const auto lacking = [] { return OutOfMemory("out of memory: oneDNN's plans and weights of a convolution"); };
  require_room();
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw lacking();
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) throw lacking();
    throw;
  }
}

// Null where the library has no such primitive (bf16 on a machine without AVX-512).
std::shared_ptr<const Plan> find_plan(const Key&);

}  // namespace ppl::conv_direct
