// Checks that ops share. Errors name the op and the shapes.
#pragma once

#include "engine/tensor.h"

namespace ppl {

inline void check_map(const char* op, const Tensor& x) {
  PPL_CHECK(x.defined() && x.rank() == 4, op, ": expected a map [N,H,W,C], got ",
            x.defined() ? to_string(x.shape()) : "nothing");
  PPL_CHECK(x.dtype() != DType::u8, op, ": expected f32 or bf16, got u8 ", to_string(x.shape()));
  PPL_CHECK(x.size() > 0, op, ": empty map ", to_string(x.shape()));
  for (const int64_t d : x.shape()) PPL_CHECK(d < int64_t{1} << 31, op, ": extent too large in ", to_string(x.shape()));
}

inline void check_same(const char* op, const Tensor& a, const Tensor& b) {
  PPL_CHECK(b.defined() && a.shape() == b.shape() && a.dtype() == b.dtype() && a.device() == b.device(), op,
            ": expected ", name(a.dtype()), " ", to_string(a.shape()), ", got ",
            b.defined() ? cat(name(b.dtype()), " ", to_string(b.shape())) : std::string("nothing"));
}

inline void check_parameter(const char* op, const char* what, const Tensor& p, const Shape& shape, Device device) {
  PPL_CHECK(p.defined() && p.dtype() == DType::f32 && p.shape() == shape && p.device() == device, op, ": expected ",
            what, " f32 ", to_string(shape), ", got ",
            p.defined() ? cat(name(p.dtype()), " ", to_string(p.shape())) : std::string("nothing"));
}

inline int extent(const Tensor& x, int i) { return static_cast<int>(x.dim(i)); }

// The data, or null where there is no tensor.
template <class T>
T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

}  // namespace ppl
