#include "io/weights/safetensors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "engine/random.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

std::vector<std::byte> file_of(const std::string& header, size_t data_bytes) {
  std::vector<std::byte> out(8 + header.size() + data_bytes);
  const uint64_t n = header.size();
  std::memcpy(out.data(), &n, 8);
  std::memcpy(out.data() + 8, header.data(), n);
  return out;
}

std::string refusal(const std::string& header, size_t data_bytes = 8) {
  return error_of([&] { parse_safetensors(file_of(header, data_bytes), "x"); });
}

std::string array(const std::string& name, const std::string& type, const std::string& shape, const std::string& at) {
  return cat("\"", name, R"(":{"dtype":")", type, R"(","shape":[)", shape, R"(],"data_offsets":[)", at, "]}");
}

NamedArrays sample() {
  NamedArrays a;
  a.metadata = {{"model", "x \"quoted\" \xc3\xa4"}, {"empty", ""}};
  a.arrays["weights"] = HostArray::from({2, 3}, {1, -2, 3.5f, 0, 1e-30f, 7});
  a.arrays["scalar"] = HostArray::from({}, {42});
  a.arrays["none"] = HostArray::from({0, 5}, {});
  a.arrays["bytes"] = {ElementType::u8, {3}, {std::byte{1}, std::byte{2}, std::byte{255}}};
  a.arrays["doubles"] = {ElementType::f64, {1}, std::vector<std::byte>(8)};
  return a;
}

bool same(const NamedArrays& a, const NamedArrays& b) {
  if (a.metadata != b.metadata || a.arrays.size() != b.arrays.size()) return false;
  for (const auto& [name, x] : a.arrays) {
    const HostArray& y = b.at(name);
    if (x.type != y.type || x.shape != y.shape || x.bytes != y.bytes) return false;
  }
  return true;
}

TEST_CASE("written and read back") {
  const TemporaryFolder dir;
  write_safetensors(dir / "a", sample());
  CHECK(same(read_safetensors(dir / "a"), sample()));
  const auto bytes = read_file(dir / "a");
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  CHECK(header % 8 == 0);
  write_safetensors(dir / "b", {});
  CHECK(same(read_safetensors(dir / "b"), {}));
}

TEST_CASE("what cannot be written") {
  const TemporaryFolder dir;
  NamedArrays a;
  a.arrays["__metadata__"] = HostArray::from({1}, {1});
  CHECK(contains(error_of([&] { write_safetensors(dir / "a", a); }), "__metadata__"));
  a = {};
  a.arrays["\xff"] = HostArray::from({1}, {1});
  CHECK(contains(error_of([&] { write_safetensors(dir / "a", a); }), "not UTF-8"));
  a = {};
  a.arrays["short"] = {ElementType::f32, {2}, std::vector<std::byte>(4)};
  CHECK(contains(error_of([&] { write_safetensors(dir / "a", a); }), "holds 4 bytes"));
  CHECK(dir.files() == 0);
}

TEST_CASE("hostile files are refused") {
  const auto two = [](const std::string& a, const std::string& b) { return cat("{", a, ",", b, "}"); };
  const auto one = [](const std::string& a) { return cat("{", a, "}"); };
  CHECK(refusal(one(array("a", "F32", "2", "0,8"))) == "no error");

  CHECK(contains(error_of([] { parse_safetensors({}, "x"); }), "got 0 bytes"));
  auto long_header = file_of("{}", 0);
  long_header[0] = std::byte{3};
  CHECK(contains(error_of([&] { parse_safetensors(long_header, "x"); }), "header of 3 bytes in a file of 10"));
  std::fill_n(long_header.begin(), 8, std::byte{0xff});
  CHECK(contains(error_of([&] { parse_safetensors(long_header, "x"); }), "header of 18446744073709551615"));
  const std::string padded = "{" + std::string(17'000'000, ' ') + "}";
  CHECK(contains(refusal(padded, 0), "a header of 17000002 bytes; expected at most 16000000"));

  CHECK(contains(refusal(one(array("a", "F32", "2", "0,16"))), "bytes of \"a\" are 0 to 16"));
  CHECK(contains(refusal(one(array("a", "F32", "2", "8,0"))), "start at 8"));
  CHECK(contains(refusal(one(array("a", "F32", "1", "0,4"))), "4 bytes after the last array"));
  CHECK(contains(refusal(one(array("a", "F32", "1", "4,8"))), "hole"));
  CHECK(contains(refusal(one(array("a", "F32", "3", "0,8"))), "needs 12 bytes"));
  CHECK(contains(refusal(two(array("a", "F32", "1", "0,4"), array("b", "F32", "2", "0,8"))), "overlap"));
  CHECK(contains(refusal(two(array("a", "U8", "6", "0,6"), array("b", "U8", "3", "5,8"))), "overlap"));
  CHECK(contains(refusal(two(array("a", "U8", "5", "0,5"), array("b", "U8", "2", "6,8"))), "hole"));
  CHECK(contains(refusal(two(array("a", "F32", "2", "0,8"), array("a", "F32", "2", "0,8"))), "\"a\" twice"));
  CHECK(contains(refusal(one(array("a", "F32", "4611686018427387904,4", "0,8"))), "overflows"));
  CHECK(contains(refusal(one(array("a", "F32", "4294967296,4294967296,0", "0,8"))), "needs 0 bytes"));
  CHECK(contains(refusal(one(array("a", "F32", "-2", "0,8"))), "negative number"));
  CHECK(contains(refusal(one(array("a", "F32", "2.0", "0,8"))), "number 2.0"));
  CHECK(contains(refusal(one(array("a", "F32", "99999999999999999999", "0,8"))), "99999999999999999999"));
  CHECK(contains(refusal(one(array("a", "F32", "2", "0,8,9"))), "number 9"));
  CHECK(contains(refusal(one(array("a", "F32", "2", "0"))), "not two numbers"));
  CHECK(contains(refusal(one(array("a", "F33", "2", "0,8"))), "unknown type \"F33\""));
  CHECK(contains(refusal(one(array("\xff", "F32", "2", "0,8"))), "not JSON"));
  CHECK(contains(refusal(R"({"a":{"dtype":"F32","shape":[2]}})"), "lacks one of"));
  CHECK(contains(refusal(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})"), "dtype twice"));
  CHECK(contains(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})"), "the key \"x\""));
  CHECK(contains(refusal(R"({"__metadata__":{"k":1}})", 0), "holds the number 1"));
  CHECK(contains(refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "\"k\" twice"));
  CHECK(contains(refusal(R"({"__metadata__":{"k":["1"]}})", 0), "a list"));
  CHECK(contains(refusal(R"({"__metadata__":[]})", 0), "a list"));
  CHECK(contains(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), "twice"));
  CHECK(contains(refusal("", 0), "not JSON"));
  CHECK(contains(refusal("[]", 0), "a list"));
  CHECK(contains(refusal("null", 0), "null"));
  CHECK(contains(refusal("{} x", 0), "not JSON"));
  CHECK(contains(refusal("{\"a\":", 0), "not JSON"));
  CHECK(contains(refusal(std::string(1'000'000, '['), 0), "a list"));
  CHECK(contains(refusal(R"({"a":{"dtype":"F32","shape":)" + std::string(1'000'000, '['), 0), "a list"));
}

TEST_CASE("a wrong size is seen before memory is taken") {
  // 2^60 bytes claimed by shape and offsets alike, in a file of a few.
  const std::string h = cat("{", array("a", "U8", "1152921504606846976", "0,1152921504606846976"), "}");
  CHECK(contains(refusal(h), "the file has 8"));
}

TEST_CASE("mutated files give an Error or a whole result") {
  const TemporaryFolder dir;
  write_safetensors(dir / "a", sample());
  const auto good = read_file(dir / "a");
  int refused = 0;
  for (uint64_t round = 0; round < 5000; ++round) {
    Random random(11, round);
    auto bytes = good;
    const int64_t changes = random.integer(1, 4);
    for (int64_t c = 0; c < changes; ++c) {
      const auto at = static_cast<size_t>(random.integer(0, static_cast<int64_t>(bytes.size()) - 1));
      switch (random.integer(0, 3)) {
        case 0:
          bytes[at] = static_cast<std::byte>(random.integer(0, 255));
          break;
        case 1:
          bytes[at] ^= static_cast<std::byte>(1 << random.integer(0, 7));
          break;
        case 2:
          bytes.resize(at + 1);
          break;
        default:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes[at]);
      }
    }
    try {
      const NamedArrays a = parse_safetensors(bytes, "mutated");
      for (const auto& [name, x] : a.arrays) {
        REQUIRE(x.bytes.size() == static_cast<size_t>(x.count()) * element_size(x.type));
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 3000);
}

TEST_CASE("conversions of element types") {
  const auto from = [](ElementType t, auto... values) {
    HostArray a{t, {static_cast<int64_t>(sizeof...(values))}, {}};
    const auto append = [&](auto v) {
      const auto* p = reinterpret_cast<const std::byte*>(&v);
      a.bytes.insert(a.bytes.end(), p, p + sizeof(v));
    };
    (append(values), ...);
    return a.as_f64();
  };
  using D = std::vector<double>;
  const auto h = [](int bits) { return static_cast<uint16_t>(bits); };
  CHECK(from(ElementType::f16, h(0x3c00), h(0xc000), h(0x0001), h(0x7bff)) == D{1, -2, 0x1p-24, 65504});
  CHECK(std::isinf(from(ElementType::f16, h(0xfc00))[0]));
  CHECK(std::isnan(from(ElementType::f16, h(0x7c01))[0]));
  CHECK(from(ElementType::bf16, h(0x3f80), h(0xc000)) == D{1, -2});
  CHECK(from(ElementType::f64, 0.1) == D{0.1});
  CHECK(from(ElementType::i64, int64_t{-5}) == D{-5});
  CHECK(from(ElementType::i32, int32_t{-5}) == D{-5});
  CHECK(from(ElementType::i16, int16_t{-5}) == D{-5});
  CHECK(from(ElementType::i8, int8_t{-5}) == D{-5});
  CHECK(from(ElementType::u8, uint8_t{250}) == D{250});
  CHECK(from(ElementType::boolean, uint8_t{1}, uint8_t{0}) == D{1, 0});
  CHECK(contains(error_of([] { NamedArrays{}.at("w"); }), "no array named \"w\""));
}

TEST_CASE("the golden files are read") {
  const std::string folder = test::data_folder("../goldens");
  if (folder.empty()) {
    MESSAGE("skipped: ../shared/goldens is not here");
    return;
  }
  int files = 0;
  for (const auto& entry : test::fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    const NamedArrays a = read_safetensors(entry.path().string());
    CHECK(a.metadata.count("prefix") == 1);
    CHECK(!a.arrays.empty());
    ++files;
  }
  CHECK(files > 0);
}

}  // namespace
}  // namespace ppl
