// PyTorch's files: the stored ones of tests/weights, which scripts/make_torch_files.py made, and damaged copies of
// them.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/random.h"
#include "io/file.h"
#include "io/weights/torch_file.h"
#include "kernels/base.h"
#include "tests/support/fuzz/torch_file_fuzz.h"

using namespace ppl;

namespace {

std::vector<std::byte> stored(const std::string& name) { return read_file(PPL_WEIGHTS "/" + name); }

NamedArrays parsed(const std::string& name) { return parse_torch_file(stored(name), name); }

std::string refusal(Bytes bytes) {
  try {
    parse_torch_file(bytes, "FILE");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool names(const std::string& text, const std::string& what) {
  return text.starts_with("FILE") && text.find(what) != std::string::npos;
}

void check_numbers(const NamedArrays& file, const std::string& name, std::vector<int64_t> shape, ElementType type,
                   double first, double step) {
  CAPTURE(name);
  const HostArray& array = file.at(name);
  CHECK(array.shape == shape);
  CHECK(array.type == type);
  const std::vector<double> values = array.as_f64();
  for (size_t i = 0; i < values.size(); ++i) CHECK(values[i] == first + step * static_cast<double>(i));
}

// As make_torch_files.py fills them.
void check_all(const NamedArrays& file, const std::string& prefix) {
  CHECK(file.arrays.size() == 8);
  check_numbers(file, prefix + "conv.weight", {2, 3, 1, 2}, ElementType::f32, 0, 1);
  check_numbers(file, prefix + "half", {5}, ElementType::f16, 1000, 1);
  check_numbers(file, prefix + "bfloat", {4}, ElementType::bf16, 128, 1);
  check_numbers(file, prefix + "double", {2, 2}, ElementType::f64, 3000, 1);
  check_numbers(file, prefix + "num_batches_tracked", {}, ElementType::i64, 4000, 0);
  check_numbers(file, prefix + "empty", {0, 3}, ElementType::f32, 0, 0);
  check_numbers(file, prefix + "part", {3, 4}, ElementType::f32, 6, 1);
  const HostArray& transposed = file.at(prefix + "transposed");
  CHECK(transposed.shape == std::vector<int64_t>{6, 4});
  const std::vector<float> values = transposed.as_f32();
  for (size_t i = 0; i < 24; ++i) CHECK(values[i] == static_cast<float>(i % 4 * 6 + i / 4));
}

}  // namespace

TEST_CASE("both forms, checkpoints with a state dict inside, module., strides and parts of a storage") {
  check_all(parsed("zip.pth"), "");
  check_all(parsed("old.th"), "module.");
  check_all(parsed("checkpoint.pt"), "");
  check_all(parsed("checkpoint_old.pt"), "");
  check_numbers(parsed("parameter.pth"), "weight", {3}, ElementType::f32, 1, 0);
  CHECK(parsed("module_state.pth").at("0.weight").shape == std::vector<int64_t>{1, 2});
  check_all(read_weights_file(PPL_WEIGHTS "/old.th"), "module.");
}

TEST_CASE("a state dict is found below any key, and beside what training programs save") {
  check_all(parsed("beside.pth"), "module.model.");
  check_all(parsed("beside4.pth"), "");  // by protocol 4
  check_all(parsed("tuple.pth"), "");
}

TEST_CASE("of several state dicts the key chooses one") {
  const std::vector<std::byte> two = stored("two.pth");
  CHECK(names(refusal(two), "holds 2 dictionaries of tensors: 'ema', 'model'; choose one by"));
  check_all(parse_torch_file(two, "FILE", "ema"), "module.");
  check_all(parse_torch_file(two, "FILE", "model"), "");
  CHECK_THROWS_WITH(parse_torch_file(two, "FILE", "emo"),
                    "FILE: there are no tensors below 'emo'; there are some in 'ema', 'model'");
}

TEST_CASE("what is no weights file is called what it is") {
  const auto text_of = [](const std::string& content) {
    const std::string path = "/tmp/ppl_other_content." + std::to_string(getpid());
    write_file(path, content);
    std::string text;
    try {
      read_weights_file(path);
    } catch (const Error& e) {
      text = e.what();
    }
    std::remove(path.c_str());
    return text;
  };
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(says(text_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), "git lfs pull"));
  CHECK(says(text_of("\n <!DOCTYPE html><html><body>Sign in</body></html>"), "is a web page"));
  CHECK(says(text_of("\xef\xbb\xbf<html>"), "is a web page"));
  CHECK(says(text_of("\x80\x04\x95\x0d\x01\x02\x03\x04."), "a pickle, but none of torch.save's"));
}

TEST_CASE("what a pickle would call is named and refused, not called") {
  CHECK(names(refusal(stored("call.pth")), "posix.system"));
  CHECK(names(refusal(stored("call_old.pth")), "posix.system"));
  CHECK(names(refusal(stored("model.pth")), "holds an object of torch.nn.modules.container.Sequential"));
  CHECK(names(refusal(stored("plain.pickle")), "expected a file written by PyTorch"));
}

TEST_CASE("files cut anywhere are refused in one line that names the file") {
  for (const char* name : {"zip.pth", "old.th", "checkpoint_old.pt"}) {
    const std::vector<std::byte> whole = stored(name);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string text = refusal(Bytes(whole).first(size));
      CHECK(text.starts_with("FILE: "));
      CHECK(text.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("a tensor larger than its storage is refused") {
  const auto replaced = [](std::vector<std::byte> bytes, std::string_view from, std::string_view to) {
    const auto* begin = reinterpret_cast<const char*>(from.data());
    const auto at = std::search(bytes.begin(), bytes.end(), begin, begin + from.size(),
                                [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
    REQUIRE(at != bytes.end());
    std::transform(to.begin(), to.end(), at, [](char c) { return static_cast<std::byte>(c); });
    return bytes;
  };
  using namespace std::string_view_literals;
  // The shape (2, 3, 1, 2) becomes (2, 3, 1, 200).
  CHECK(names(refusal(replaced(stored("old.th"), "(K\2K\3K\1K\2t"sv, "(K\2K\3K\1K\310t"sv)), "storage"));
  CHECK(names(refusal(replaced(stored("zip.pth"), "(K\2K\3K\1K\2t"sv, "(K\2K\3K\1K\310t"sv)), "storage"));
}

TEST_CASE("changes of the stored files, as a fuzzer makes them") {
  std::vector<std::vector<std::byte>> files;
  for (const char* name : {"zip.pth", "old.th", "checkpoint.pt", "checkpoint_old.pt", "parameter.pth", "call.pth",
                           "beside.pth", "beside4.pth", "two.pth"}) {
    files.push_back(stored(name));
  }
  Random random(1);
  const auto below = [&](size_t n) { return static_cast<size_t>(random.integer(0, static_cast<int64_t>(n) - 1)); };
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes = files[below(files.size())];
    const std::vector<std::byte>& other = files[below(files.size())];
    for (int64_t n = random.integer(1, 4); n > 0; --n) {
      const size_t at = below(bytes.size()), from = below(other.size());
      const size_t size = std::min({below(16) + 1, bytes.size() - at, other.size() - from});
      if (random.integer(0, 1) == 0) bytes[at] = static_cast<std::byte>(random.integer(0, 255));
      if (random.integer(0, 3) == 0) std::copy_n(other.begin() + from, size, bytes.begin() + at);
      if (random.integer(0, 7) == 0)
        bytes.insert(bytes.begin() + at, other.begin() + from, other.begin() + from + size);
    }
    test::try_torch_file(bytes);
  }
}
