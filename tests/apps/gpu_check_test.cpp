// scripts/gpu_check.sh with stand-ins for the programs that it runs: phases, limits, what is left out, the one JSON.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

class Check {
 public:
  Check() {
    for (const char* name : {"cuda_op_test", "cuda_kernel_test", "cuda_augment_test", "cuda_batches_test",
                             "communication_test", "golden_test", "op_bench", "pointwise_bench", "fusion_bench"})
      program(name, "exit 0");
    program("step_bench", R"(
graph=false; for a in "$@"; do [[ $a == --graph ]] && graph=true; [[ $last == --mode ]] && mode=$a; last=$a; done
for p in f32 bf16; do
  echo "{\"bench\": \"step\", \"mode\": \"$mode\", \"size\": 64, \"batch\": 1, \"precision\": \"$p\", \"graph\": $graph, \"ms\": 4, \"peak_mib\": 10}"
done)");
    file("bench.py", R"(import sys, json
mode = sys.argv[sys.argv.index("--mode") + 1]
assert sys.argv[-2:] == ["--settings", "all"]
print(json.dumps({"peer": "torch", "setting": "eager_fp32", "mode": mode, "size": 64, "batch": 1, "ms": 6, "peak_mib": 20}))
)");
  }

  void program(const std::string& name, const std::string& body) {
    file("build/bin/" + name, "#!/bin/bash\n" + body + "\n");
  }

  ProcessResult run(const std::string& arguments) {
    return run_process("/bin/bash", {"-c", cat("'" PPL_SCRIPTS "/gpu_check.sh' ", arguments, " --small --out '",
                                               dir_ / "out", "' --build '", dir_ / "build", "'")});
  }
  std::string peer() const { return " --peer '" + dir_ / "bench.py" + "'"; }
  json results() const { return json::parse(std::ifstream(dir_ / "out/results.json")); }
  json phase(const std::string& name) const {
    const json all = results();
    for (const json& p : all["phases"])
      if (p["phase"] == name) return p;
    return nullptr;
  }

 private:
  void file(const std::string& name, const std::string& text) {
    const fs::path path = dir_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_all);
  }

  TemporaryFolder dir_;
};

}  // namespace

TEST_CASE("phases have limits of their own, a failed one does not stop the others, one JSON holds all") {
  Check c;
  c.program("cuda_op_test", R"(echo "{\"first\": 1}"; sleep 60)");
  c.program("golden_test", "echo FAILED; exit 3");
  const ProcessResult r =
      c.run("right --limit ops=1 --skip build --skip training --skip racecheck --skip memcheck" + c.peer());
  CHECK(r.exit_code == 1);
  CHECK(r.err.find("failed: ops goldens") != std::string::npos);
  CHECK(c.phase("ops")["exit"] == 124);
  CHECK(c.phase("ops")["limit"] == 1);
  CHECK(c.phase("ops")["lines"] == json::parse(R"([{"first": 1}])"));  // what there was when the time was up
  CHECK(c.phase("goldens")["exit"] == 3);
  CHECK(c.phase("build")["skipped"] == "asked for");
  CHECK(c.results()["summary"]["failed"] == json({"ops", "goldens"}));
  CHECK(c.results()["summary"]["skipped"].size() == 4);
}

TEST_CASE("steps stand beside PyTorch's, eager and as graphs") {
  Check c;
  c.program("op_bench", R"(
echo '{"op": "relu", "type": "f32", "pass": "forward", "ms": 1, "share_of_copy": 0.7, "gflop_per_s": 0}'
echo '{"op": "add", "type": "f32", "pass": "forward", "ms": 1, "share_of_copy": 0.9, "gflop_per_s": 0}'
echo '{"op": "conv", "type": "f32", "pass": "forward", "ms": 1, "share_of_copy": 0.1, "gflop_per_s": 9}')");
  const ProcessResult r = c.run("quick --skip resources" + c.peer());
  CHECK(r.exit_code == 0);
  const json summary = c.results()["summary"];
  REQUIRE(summary["steps"].size() == 2);
  CHECK(summary["steps"][1]["mode"] == "train");
  CHECK(summary["steps"][1]["bf16_graph_ms"] == 4);
  CHECK(summary["steps"][1]["peer"][0]["speed_of_ours"] == 1.5);
  CHECK(summary["steps"][1]["peer_missing"].size() == 4);  // all but the one that the stand-in prints
  CHECK(summary["kernels_measured"] == 3);
  REQUIRE(summary["kernels_below_85_percent_of_copy"].size() == 1);
  CHECK(summary["kernels_below_85_percent_of_copy"][0]["op"] == "relu");

  const ProcessResult again = c.run("quick --skip resources --skip kernels --skip products --peer /no/such.py");
  CHECK(again.exit_code == 0);
  CHECK(c.results()["summary"]["steps"][1]["peer"].empty());  // the later call's phase counts
  CHECK(c.phase("kernels")["skipped"] == "asked for");
}

TEST_CASE("fusions: which the device takes, and what they gain") {
  Check c;
  c.program("fusion_bench", R"(
[[ $* == --small ]] || exit 2
echo '{"bench": "fusion", "fusion": "conv_bias_relu", "side": 16, "supported": true, "ratio": 1.25, "equal": true, "engine": 3}'
echo '{"bench": "fusion", "fusion": "conv_statistics", "side": 16, "supported": false, "message": "no engine"}')");
  const std::string others = " --skip resources --skip kernels --skip products --skip steps";
  CHECK(c.run("quick" + others + c.peer()).exit_code == 0);
  const json fusions = c.results()["summary"]["fusions"];
  REQUIRE(fusions.size() == 2);
  CHECK(fusions[0] ==
        json::parse(R"({"fusion": "conv_bias_relu", "side": 16, "supported": true, "ratio": 1.25, "equal": true})"));
  CHECK(fusions[1]["message"] == "no engine");
  CHECK(c.phase("fusions")["limit"] == 60);

  c.program("fusion_bench", "echo 'skipped: there is no CUDA device'");
  CHECK(c.run("quick" + others + c.peer()).exit_code == 0);
  CHECK(c.results()["summary"]["fusions"].empty());

  c.program("pointwise_bench", "exit 1");
  CHECK(c.run("quick --device cpu --skip resources --skip kernels --skip steps" + c.peer()).exit_code == 0);
  for (const char* name : {"products", "fusions"}) CHECK(c.phase(name)["skipped"] == "they are for a GPU");
}

TEST_CASE("no phase begins when the total is spent") {
  Check c;
  c.program("op_bench", "sleep 60");
  const ProcessResult r = c.run("quick --total 1 --skip resources" + c.peer());
  CHECK(r.exit_code == 1);
  CHECK(c.phase("kernels")["exit"] == 124);
  CHECK(c.phase("steps")["skipped"] == "no time left of 1 s");
}

TEST_CASE("what is packed is found in the folder, wherever that goes") {
  const TemporaryFolder dir;
  REQUIRE(run_process("/bin/bash", {PPL_SCRIPTS "/gpu_check.sh", "pack", dir / "packed"}).exit_code == 0);
  fs::rename(dir / "packed", dir / "moved");
  std::ofstream(dir / "CMakeLists.txt") << R"(cmake_minimum_required(VERSION 3.22)
project(packed LANGUAGES CXX)
foreach(target doctest::doctest fmt::fmt nlohmann_json::nlohmann_json)
  string(REGEX REPLACE ".*::" "" name ${target})
  find_package(${name} REQUIRED)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  foreach(folder ${folders})
    if(NOT folder MATCHES "^${CMAKE_CURRENT_LIST_DIR}/moved/usr")
      message(FATAL_ERROR "${target} includes ${folder}")
    endif()
  endforeach()
endforeach()
find_package(CLI11 REQUIRED)
)";
  const ProcessResult r = run_process(
      PPL_CMAKE, {"-G", "Ninja", "-S", dir.path, "-B", dir / "build", "-DCMAKE_PREFIX_PATH=" + (dir / "moved/usr")});
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
}

TEST_CASE("wrong usage") {
  Check c;
  for (const char* arguments :
       {"", "wrong", "right --limit ops", "right --no 1", "right --device tpu", "right --headers /no/such/folder"}) {
    CAPTURE(arguments);
    CHECK(c.run(arguments).exit_code == 2);
  }
}
