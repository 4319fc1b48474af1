// What the io tests share: caught messages, files.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "io/file.h"
#include "kernels/base.h"
#include "tests/support/data_folder.h"
#include "tests/support/temporary_folder.h"

namespace ppl::test {

namespace fs = std::filesystem;

// The message of the Error that f throws; "no error" where it throws none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// How often; overlapping ones too.
inline size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// Without write_file's fsync, which would take most of the time of tests that write thousands of files.
inline void write_bytes(const std::string& path, const std::vector<std::byte>& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  PPL_CHECK(out, "cannot write ", path);
}

// What was written to stderr, by any library, while f ran.
template <class F>
std::string stderr_of(F&& f) {
  const TemporaryFolder folder;
  const std::string path = folder / "stderr";
  const int before = dup(2), to = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  dup2(to, 2);
  close(to);
  f();
  dup2(before, 2);
  close(before);
  return read_text(path);
}

}  // namespace ppl::test
