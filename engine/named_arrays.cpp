#include "engine/named_arrays.h"

#include <cmath>
#include <cstring>

#include "engine/tensor.h"

namespace ppl {
namespace {

double half_to_double(uint16_t h) {
  const int exponent = h >> 10 & 31, fraction = h & 1023;
  const double sign = h >> 15 ? -1 : 1;
  if (exponent == 31) return fraction ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

template <class Stored, class To, class Convert>
std::vector<To> convert(const HostArray& a, Convert&& one) {
  std::vector<To> out(a.bytes.size() / sizeof(Stored));
  for (size_t i = 0; i < out.size(); ++i) {
    Stored v;
    std::memcpy(&v, a.bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = static_cast<To>(one(v));
  }
  return out;
}

template <class To>
std::vector<To> values(const HostArray& a) {
  PPL_CHECK(a.bytes.size() == static_cast<size_t>(a.count()) * element_size(a.type), "array of shape ",
            to_string(a.shape), " and type ", name(a.type), " holds ", a.bytes.size(), " bytes");
  const auto as_is = [](auto v) { return v; };
  switch (a.type) {
    case ElementType::f64:
      return convert<double, To>(a, as_is);
    case ElementType::f32:
      return convert<float, To>(a, as_is);
    case ElementType::f16:
      return convert<uint16_t, To>(a, half_to_double);
    case ElementType::bf16:
      return convert<bf16, To>(a, [](bf16 v) { return static_cast<float>(v); });
    case ElementType::i64:
      return convert<int64_t, To>(a, as_is);
    case ElementType::i32:
      return convert<int32_t, To>(a, as_is);
    case ElementType::i16:
      return convert<int16_t, To>(a, as_is);
    case ElementType::i8:
      return convert<int8_t, To>(a, as_is);
    case ElementType::u8:
      return convert<uint8_t, To>(a, as_is);
    case ElementType::boolean:
      return convert<uint8_t, To>(a, [](uint8_t v) { return v != 0; });
  }
  throw Error("unknown element type");
}

}  // namespace

size_t element_size(ElementType t) {
  switch (t) {
    case ElementType::f64:
    case ElementType::i64:
      return 8;
    case ElementType::f32:
    case ElementType::i32:
      return 4;
    case ElementType::f16:
    case ElementType::bf16:
    case ElementType::i16:
      return 2;
    case ElementType::i8:
    case ElementType::u8:
    case ElementType::boolean:
      return 1;
  }
  throw Error("unknown element type");
}

const char* name(ElementType t) {
  switch (t) {
    case ElementType::f64:
      return "F64";
    case ElementType::f32:
      return "F32";
    case ElementType::f16:
      return "F16";
    case ElementType::bf16:
      return "BF16";
    case ElementType::i64:
      return "I64";
    case ElementType::i32:
      return "I32";
    case ElementType::i16:
      return "I16";
    case ElementType::i8:
      return "I8";
    case ElementType::u8:
      return "U8";
    case ElementType::boolean:
      return "BOOL";
  }
  throw Error("unknown element type");
}

int64_t HostArray::count() const { return numel(shape); }
std::vector<double> HostArray::as_f64() const { return values<double>(*this); }
std::vector<float> HostArray::as_f32() const { return values<float>(*this); }

HostArray HostArray::from(std::vector<int64_t> shape, const std::vector<float>& values) {
  HostArray a;
  a.shape = std::move(shape);
  PPL_CHECK(a.count() == static_cast<int64_t>(values.size()), "array of shape ", to_string(a.shape), " from ",
            values.size(), " values");
  a.bytes.resize(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(a.bytes.data(), values.data(), a.bytes.size());
  return a;
}

const HostArray& NamedArrays::at(const std::string& name) const {
  const auto it = arrays.find(name);
  PPL_CHECK(it != arrays.end(), "no array named \"", name, "\" among ", arrays.size());
  return it->second;
}

}  // namespace ppl
