// The descriptors of fusion_bench's graphs, as far as cuDNN checks them without a device; and the program's usage.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/fusion/cudnn_graph.h"
#include "kernels/cuda/device.h"
#include "tests/support/process.h"

using namespace ppl;
using nlohmann::json;

namespace {

constexpr Conv kShape{
    .n = 2, .h = 8, .w = 8, .c = 64, .oh = 4, .ow = 4, .k = 128, .r = 3, .s = 3, .stride = 2, .pad = 1};

std::vector<json> json_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("cuDNN accepts the descriptors of every graph") {
  for (const Fusion& f : fusions_of(kShape)) {
    for (const bool f32 : {true, false}) {
      CAPTURE(f.name);
      CAPTURE(f32);
      CHECK(BackendGraph(f, {f32, f32}).raw() != nullptr);
    }
  }
}

TEST_CASE("cuDNN refuses a graph whose shapes do not fit, and says so") {
  Conv wrong = kShape;
  wrong.oh = 5;
  CHECK_THROWS_WITH_AS(BackendGraph(fusions_of(wrong).front(), {}), doctest::Contains("cudnn: "), Error);
}

TEST_CASE("plans for a device that is only described") {
  // An engine that needs no driver takes the first of them; the others want one, or half types.
  const ProcessResult r =
      run_process("fusion_bench", {"--for", PPL_H100, "--size", "256", "--batch", "2", "--only", "conv_bias_relu"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  const std::vector<json> lines = json_lines(r.out);
  REQUIRE(lines.size() == 7);  // four stages, three between
  for (const json& line : lines) {
    CHECK(line["supported"] == true);
    CHECK(line["deterministic"] == true);
    CHECK(line["fusion"] == "conv_bias_relu");
  }
  CHECK(lines[0]["side"] == 64);
  CHECK(lines[6]["stride"] == 2);

  const std::vector<json> others =
      json_lines(run_process("fusion_bench", {"--for", PPL_H100, "--small", "--only", "gradient_relu_norm_sums"}).out);
  REQUIRE(others.size() == 7);
  for (const json& line : others) {
    if (line["supported"] == false) CHECK(line["message"].get<std::string>().find("no engine") != std::string::npos);
  }
}

TEST_CASE("a description that is none") {
  const TemporaryFolder dir;
  std::ofstream(dir / "empty.json") << "{}";
  const ProcessResult r = run_process("fusion_bench", {"--for", dir / "empty.json"});
  CHECK(r.exit_code == 1);
  CHECK(r.out.empty());
  CHECK(r.err.starts_with("fusion_bench: cudnn: "));
  CHECK(run_process("fusion_bench", {"--for", dir / "no_such.json"}).exit_code == 2);
}

TEST_CASE("fusion_bench says that it skips without a device, and refuses wrong usage") {
  if (!cuda_problem().empty()) {
    const ProcessResult r = run_process("fusion_bench", {"--small"});
    CHECK(r.exit_code == 0);
    CHECK(r.out.starts_with("skipped: "));
    CHECK(r.err.empty());
  }
  CHECK(run_process("fusion_bench", {"--size", "1"}).exit_code == 2);
  CHECK(run_process("fusion_bench", {"--batch", "many"}).exit_code == 2);
  CHECK(run_process("fusion_bench", {"--no-such"}).exit_code == 2);
}
