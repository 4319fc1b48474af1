// The algorithms behind kernels/conv.h. conv.cpp chooses between them; nothing else includes this but benches and
// tests.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels/conv_runs.h"
#include "kernels/cpu/context.h"

namespace ppl {

// What PackedWeights holds: whatever an algorithm made of the weights, the same for all sizes of the map.
struct PackedWeights::Impl {
  std::map<std::tuple<ConvAlgorithm, ConvKind, Conv>, std::shared_ptr<void>> entries;

  std::shared_ptr<void>& entry(ConvAlgorithm algorithm, ConvKind kind, Conv p) {
    p.n = p.h = p.w = p.oh = p.ow = 0;
    return entries[{algorithm, kind, p}];
  }
};

// Whether the algorithm can compute this; others throw.
bool conv_serves(ConvAlgorithm, ConvKind, const Conv&, bool is_bf16);

// What ConvAlgorithm::automatic stands for.
ConvAlgorithm conv_choice(ConvKind, const Conv&, bool is_bf16);

namespace conv_plain {
template <class T>
void forward(const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y);
template <class T>
void backward_data(const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx);
template <class T>
void backward_weights(const Conv&, const T* x, const T* dy, float* dw);
}  // namespace conv_plain

namespace conv_direct {
bool available();
// Whether the library computes bf16 by AMX tiles on this machine.
bool uses_amx();
// Whether bits of the library's result may depend on the number of threads. Sums over pixels do, with AVX-512 also what
// goes forward through windows of an even side; with other instruction sets and versions anything may.
bool depends_on_threads(ConvKind, const Conv&);
// What a major version of the library gets wrong is never asked of it, but computed in f32: the bf16 weight gradients
// of oneDNN 2 by AMX tiles (errors of 140 %, 3,072 bytes written in front of the result), and on any processor those of
// maps narrower than the stride (errors of 70 %).
constexpr bool is_wrong(int major_version, bool amx, ConvKind kind, bool is_bf16, const Conv& p) {
  return major_version < 3 && is_bf16 && kind == ConvKind::backward_weights && (amx || p.w < p.stride.x);
}
template <class T>
void forward(CpuContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y, PackedWeights*);
template <class T>
void backward_data(CpuContext&, const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx, PackedWeights*);
template <class T>
void backward_weights(CpuContext&, const Conv&, const T* x, const T* dy, float* dw);
}  // namespace conv_direct

}  // namespace ppl
