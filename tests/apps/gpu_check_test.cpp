// scripts/gpu_check.sh with stand-ins for the programs that it runs: phases, limits, what is left out, the one JSON.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kernels/base.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

class Check {
 public:
  Check() {
    for (const char* name :
         {"cuda_op_test", "cuda_kernel_test", "cuda_augment_test", "cuda_batches_test", "cuda_graph_test",
          "communication_test", "golden_test", "op_bench", "pointwise_bench", "fusion_bench"})
      program(name, "exit 0");
    program("step_bench", R"(
graph=false; for a in "$@"; do [[ $a == --graph ]] && graph=true; [[ $last == --mode ]] && mode=$a; last=$a; done
echo "{\"bench\": \"step\", \"mode\": \"$mode\", \"size\": 64, \"batch\": 1, \"precision\": \"bf16\", \"graph\": $graph, \"ms\": 4, \"peak_mib\": 10}")");
    file("bench.py", R"(import sys, json
mode = sys.argv[sys.argv.index("--mode") + 1]
for setting in sys.argv[sys.argv.index("--settings") + 1].split(","):
    print(json.dumps({"peer": "torch", "setting": setting, "mode": mode, "size": 64, "batch": 1, "ms": 6, "peak_mib": 20}))
)");
    file("torch.py", "");
  }

  void program(const std::string& name, const std::string& body) {
    file("build/bin/" + name, "#!/bin/bash\n" + body + "\n");
  }

  // With a PyTorch that can be imported, and a compute-sanitizer that runs what it is given.
  ProcessResult run(const std::string& arguments) {
    program("compute-sanitizer", R"(
[[ $1 != --help ]] || { echo "--kernel-name --track-stream-ordered-races"; exit; }
echo "asked: $*"; "${@: -1}")");
    return run_process("/bin/bash", {"-c", cat("PYTHONPATH='", dir_.path, "' PATH='", dir_ / "build/bin", "':$PATH '",
                                               PPL_SCRIPTS, "/gpu_check.sh' ", arguments, " --small --out '",
                                               dir_ / "out", "' --build '", dir_ / "build", "'")});
  }
  bool exists(const std::string& name) const { return fs::exists(dir_ / name); }
  std::string copy() const { return " --copy '" + dir_ / "copy" + "'"; }
  std::string path(const std::string& name) const { return dir_ / name; }
  std::string peer() const { return " --peer '" + dir_ / "bench.py" + "'"; }
  json results() const { return json::parse(std::ifstream(dir_ / "out/results.json")); }
  std::string log(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(dir_ / ("out/" + name + ".log")).rdbuf();
    return text.str();
  }
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
  c.program("cuda_kernel_test", "echo 'skipped: there is no CUDA device'");
  const ProcessResult r = c.run("run --limit ops=1 --limit cublaslt=1 --limit memcheck=1 --skip build --skip training" +
                                c.peer() + c.copy());
  CHECK(r.exit_code == 1);
  CHECK(r.err.find("failed: ops goldens goldens_bf16") != std::string::npos);
  CHECK(c.phase("ops")["exit"] == 124);
  CHECK(c.phase("ops")["limit"] == 1);
  CHECK(c.phase("ops")["lines"] == json::parse(R"([{"first": 1}])"));  // what there was when the time was up
  CHECK(c.phase("goldens")["exit"] == 3);
  CHECK(c.phase("build")["skipped"] == "asked for");
  CHECK(c.phase("parts")["skipped"] == "there is no CUDA device");  // it has passed, and shown nothing
  CHECK(c.phase("augment").count("skipped") == 0);
  CHECK(c.results()["summary"]["skipped"].size() == 4);  // racecheck runs cuda_kernel_test too
  for (const char* name : {"copy/results.json", "copy/logs.tgz"}) CHECK(c.exists(name));

  c.program("cuda_op_test", "exit 0");
  c.program("golden_test", R"([[ $* == *--bf16* ]])");
  const ProcessResult again = c.run("again" + c.peer());
  CHECK(again.exit_code == 1);
  CHECK(again.err.find("failed: goldens (") != std::string::npos);
  CHECK(c.phase("ops")["exit"] == 0);
  CHECK(c.phase("goldens_bf16")["exit"] == 0);
  CHECK(c.phase("build")["skipped"] == "asked for");  // only what failed is run again
}

TEST_CASE("without a build nothing is run") {
  Check c;
  c.program("step_bench", "");
  fs::permissions(c.path("build/bin/step_bench"), fs::perms::owner_read);
  const ProcessResult r = c.run("run --skip build" + c.peer());
  CHECK(r.err.find("nothing is built") != std::string::npos);
  CHECK(c.phase("ops").is_null());
}

TEST_CASE("steps stand beside PyTorch's, eager and as graphs") {
  Check c;
  const std::string others = " --skip build --skip training --skip torch_autotune";
  CHECK(c.run("run" + others + c.peer()).exit_code == 0);
  const json summary = c.results()["summary"];
  REQUIRE(summary["steps"].size() == 2);
  CHECK(summary["steps"][1]["mode"] == "train");
  CHECK(summary["steps"][1]["bf16_graph_ms"] == 4);
  REQUIRE(summary["steps"][1]["peer"].size() == 2);
  CHECK(summary["steps"][1]["peer"][0]["speed_of_ours"] == 1.5);
  CHECK(summary["steps"][1]["peer_missing"] == json({"autotune_nhwc_bf16"}));

  CHECK(c.run("run" + others + " --peer /no/such.py").exit_code == 0);
  CHECK(c.results()["summary"]["steps"][1]["peer"].empty());  // the later call's phase counts
  CHECK(c.phase("torch")["skipped"] == "there is no /no/such.py");
}

TEST_CASE("compute-sanitizer gets the options that it knows, and our kernels only") {
  Check c;
  c.program("cuda_batches_test", "exit 7");
  CHECK(c.run("run --skip build --skip training --skip torch --skip torch_autotune").exit_code == 1);
  CHECK(c.phase("memcheck_batches")["exit"] == 7);
  CHECK(c.phase("racecheck")["exit"] == 0);
  const std::string memcheck = c.log("memcheck"), racecheck = c.log("racecheck");
  CHECK(memcheck.find("--tool memcheck --kernel-name kernel_substring=_ZN3ppl --track-stream-ordered-races all "
                      "--error-exitcode 1 ") != std::string::npos);
  CHECK(memcheck.find("--report-api-errors") == std::string::npos);
  CHECK(racecheck.find("--tool racecheck --kernel-name kernel_substring=_ZN3ppl --error-exitcode 1 ") !=
        std::string::npos);
}

TEST_CASE("convolutions on plain kernels fail the steps and are named; epilogues stand apart") {
  Check c;
  c.program("step_bench", R"(
[[ $* == *--no-plain* ]] || exit 9
on=${PPL_CUDNN_EPILOGUES:-0}; mode=predict; [[ $* != *train* ]] || mode=train
echo "{\"bench\": \"step\", \"mode\": \"$mode\", \"size\": 64, \"batch\": 1, \"precision\": \"bf16\", \"graph\": true,
\"cudnn_epilogues\": \"$on\", \"ms\": $((4 - on)), \"peak_mib\": 10, \"convolutions\": [
{\"convolution\": \"3x3 3-2 forward\", \"by\": \"plain\"}, {\"convolution\": \"1x1\", \"by\": \"cudnn 7\"}]}" | tr -d '\n'; echo
[[ $mode == predict ]])");
  const ProcessResult r = c.run("run --skip build --skip training --skip torch --skip torch_autotune");
  CHECK(r.exit_code == 1);
  CHECK(r.err.find("failed: steps (") != std::string::npos);
  const json summary = c.results()["summary"];
  CHECK(summary["plain_convolutions"] == json({"3x3 3-2 forward"}));
  REQUIRE(summary["steps"][0]["mode"] == "predict");
  CHECK(summary["steps"][0]["bf16_graph_ms"] == 4);
  CHECK(summary["steps"][0]["bf16_epilogues_ms"] == 3);
}

TEST_CASE("kernels that are far from the copy bandwidth are named") {
  Check c;
  c.program("op_bench", R"(
echo '{"op": "relu", "type": "f32", "pass": "forward", "ms": 1, "share_of_copy": 0.7, "gflop_per_s": 0}'
echo '{"op": "add", "type": "f32", "pass": "forward", "ms": 1, "share_of_copy": 0.9, "gflop_per_s": 0}'
echo '{"op": "conv", "type": "f32", "pass": "forward", "ms": 1, "share_of_copy": 0.1, "gflop_per_s": 9}')");
  CHECK(c.run("benches --skip resources").exit_code == 0);
  const json summary = c.results()["summary"];
  CHECK(summary["kernels_measured"] == 3);
  REQUIRE(summary["kernels_below_85_percent_of_copy"].size() == 1);
  CHECK(summary["kernels_below_85_percent_of_copy"][0]["op"] == "relu");
}

TEST_CASE("fusions: which the device takes, and what they gain") {
  Check c;
  c.program("fusion_bench", R"(
[[ $* == --small ]] || exit 2
echo '{"bench": "fusion", "fusion": "conv_bias_relu", "side": 16, "supported": true, "ratio": 1.25, "equal": true, "engine": 3}'
echo '{"bench": "fusion", "fusion": "conv_statistics", "side": 16, "supported": false, "message": "no engine"}')");
  const std::string others = " --skip resources --skip kernels --skip products";
  CHECK(c.run("benches" + others + c.peer()).exit_code == 0);
  const json fusions = c.results()["summary"]["fusions"];
  REQUIRE(fusions.size() == 2);
  CHECK(fusions[0] ==
        json::parse(R"({"fusion": "conv_bias_relu", "side": 16, "supported": true, "ratio": 1.25, "equal": true})"));
  CHECK(fusions[1]["message"] == "no engine");
  CHECK(c.phase("fusions")["limit"] == 60);

  c.program("fusion_bench", "echo 'skipped: there is no CUDA device'");
  CHECK(c.run("benches" + others + c.peer()).exit_code == 0);
  CHECK(c.results()["summary"]["fusions"].empty());

  c.program("pointwise_bench", "exit 1");
  CHECK(c.run("benches --device cpu --skip resources --skip kernels" + c.peer()).exit_code == 0);
  for (const char* name : {"products", "fusions"}) CHECK(c.phase(name)["skipped"] == "they are for a GPU");
}

TEST_CASE("no phase begins when the total is spent") {
  Check c;
  c.program("op_bench", "sleep 60");
  const ProcessResult r = c.run("benches --total 1 --skip resources" + c.peer());
  CHECK(r.exit_code == 1);
  CHECK(c.phase("kernels")["exit"] == 124);
  CHECK(c.phase("products")["skipped"] == "no time left of 1 s");
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
       {"", "wrong", "run --limit ops", "run --no 1", "run --device tpu", "run --packed /no/such/folder"}) {
    CAPTURE(arguments);
    CHECK(c.run(arguments).exit_code == 2);
  }
}
