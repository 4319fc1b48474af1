// scripts/cmake/CudaLibraries.cmake with a toolkit and Python packages of empty files: where cuDNN is found.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "kernels/base.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;

namespace {

class Machine {
 public:
  Machine() {
    file("toolkit/bin/nvcc", "#!/bin/sh\necho 'Cuda compilation tools, release 13.0, V13.0.88'\n");
    fs::permissions(path("toolkit/bin/nvcc"), fs::perms::owner_all);
    file("toolkit/version.json", R"({"cuda": {"name": "CUDA SDK", "version": "13.0.88"}})");
    file("toolkit/include/cuda_runtime.h", "#define CUDART_VERSION 13000\n");
    for (const char* name : {"libcudart.so", "libcudart_static.a"}) file(cat("toolkit/lib64/", name), "");
    file("CMakeLists.txt", R"(cmake_minimum_required(VERSION 3.22)
project(probe CXX)
set(PPL_CUDNN ON)
include(CudaLibraries)
message(STATUS "found '${cudnn_FOUND}' version '${CUDNN_VERSION}' library '${CUDNN_LIBRARY}' headers '${CUDNN_INCLUDE_DIR}'")
)");
  }

  void cudnn_header(const std::string& folder, int minor = 19) {
    file(folder + "/cudnn.h", "");
    file(folder + "/cudnn_version.h", cat("#define CUDNN_MAJOR 9\n#define CUDNN_MINOR ", minor, "\n"));
  }
  void file(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
  }
  std::string path(const std::string& name) const { return dir_ / name; }

  // What the probe says of cuDNN; this machine's own is out of sight.
  std::string probe() {
    fs::remove_all(path("build"));
    const ProcessResult r = run_process(
        "/bin/bash", {"-c", cat("PATH=/usr/bin:/bin PYTHONPATH='", path("packages"), "' '", PPL_CMAKE, "' -S '",
                                dir_.path, "' -B '", path("build"), "' -DCMAKE_MODULE_PATH='", PPL_SCRIPTS, "/cmake' ",
                                "-DCUDAToolkit_ROOT='", path("toolkit"), "' -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF ",
                                "-DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=ON 2>&1")});
    CAPTURE(r.out);
    CHECK(r.exit_code == 0);
    const size_t at = r.out.find("found '");
    REQUIRE(at != std::string::npos);
    return r.out.substr(at, r.out.find('\n', at) - at);
  }
  std::string found(const std::string& library, const std::string& headers, const std::string& version) const {
    return cat("found 'TRUE' version '", version, "' library '", path(library), "' headers '", path(headers), "'");
  }

 private:
  TemporaryFolder dir_;
};

constexpr const char* kPackage = "packages/nvidia/cudnn";

}  // namespace

TEST_CASE("cuDNN of a Python package, which has its versioned name only, or of the toolkit") {
  Machine m;
  CHECK(m.probe().starts_with("found '' "));
  m.cudnn_header(cat(kPackage, "/include"));
  m.file(cat(kPackage, "/lib/libcudnn.so.9"), "");
  CHECK(m.probe() == m.found(cat(kPackage, "/lib/libcudnn.so.9"), cat(kPackage, "/include"), "9.19"));
  m.cudnn_header("toolkit/include", 20);
  m.file("toolkit/lib64/libcudnn.so", "");
  CHECK(m.probe() == m.found("toolkit/lib64/libcudnn.so", "toolkit/include", "9.20"));
}

TEST_CASE("header and library are of one place, and new enough") {
  Machine m;
  m.file("toolkit/lib64/libcudnn.so", "");  // without its header
  m.cudnn_header(cat(kPackage, "/include"));
  m.file(cat(kPackage, "/lib/libcudnn.so.9"), "");
  CHECK(m.probe() == m.found(cat(kPackage, "/lib/libcudnn.so.9"), cat(kPackage, "/include"), "9.19"));
  m.cudnn_header(cat(kPackage, "/include"), 7);
  CHECK(m.probe().starts_with("found '' version '9.7' "));
}
