// Arrays by name on the host, with their element type and PyTorch's shape: what weight files hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ppl {

enum class ElementType : uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

size_t element_size(ElementType);
const char* name(ElementType);  // safetensors' names: "F32", "BF16", "BOOL", ...

struct HostArray {
  ElementType type = ElementType::f32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;  // row-major, little endian

  int64_t count() const;
  std::vector<double> as_f64() const;  // converted from any type
  std::vector<float> as_f32() const;

  static HostArray from(std::vector<int64_t> shape, const std::vector<float>& values);
};

struct NamedArrays {
  std::map<std::string, HostArray> arrays;
  std::map<std::string, std::string> metadata;

  const HostArray& at(const std::string& name) const;  // Error naming the array where there is none
};

}  // namespace ppl
