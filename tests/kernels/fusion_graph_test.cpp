// What cuDNN itself says without a device: of the graphs of convolutions (conv_cudnn.cpp) and of fusion_bench, planned
// for an H100 that is only described; and fusion_bench's usage.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/fusion/cudnn_graph.h"
#include "kernels/cuda/conv_cudnn.h"
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

std::string h100() {
  std::ostringstream text;
  text << std::ifstream(PPL_H100).rdbuf();
  return text.str();
}

Conv conv_of(int n, int side, int c, int k, int window, int stride, int pad, int dilation = 1) {
  const int out = (side + 2 * pad - dilation * (window - 1) - 1) / stride + 1;
  return {n, side, side, c, out, out, k, window, window, stride, pad, dilation};
}

// The layers of pp_linknet34 at 1024 x 1024 that differ in kind: the stem, the stages, strides, the decoder, the head.
std::vector<Conv> layers() {
  return {conv_of(8, 1024, 3, 64, 7, 2, 3),  conv_of(8, 256, 64, 64, 3, 1, 1),  conv_of(8, 256, 64, 128, 3, 2, 1),
          conv_of(8, 256, 64, 128, 1, 2, 0), conv_of(8, 64, 512, 512, 3, 1, 1), conv_of(8, 64, 512, 512, 3, 1, 8, 8),
          conv_of(8, 64, 512, 128, 1, 1, 0), conv_of(8, 512, 16, 16, 3, 2, 1),  conv_of(8, 1024, 32, 64, 4, 2, 1),
          conv_of(8, 1024, 32, 32, 3, 1, 1), conv_of(8, 1024, 32, 1, 3, 1, 1),  conv_of(64, 1024, 32, 32, 3, 1, 1)};
}

// The engine of the first proposal that is fit and plans, as ConvPlans takes it; else why there is none.
std::string planned(ConvLibrary& library, const ConvQuestion& q) {
  try {
    for (const ConvProposal& p : library.proposals(q)) {
      try {
        if (p.unfit.empty() && p.plan()->workspace() <= size_t{1} << 30) return p.engine;
      } catch (const Refused&) {
        continue;
      }
    }
  } catch (const Refused& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the version is that of the library that is loaded") {
  CHECK(cudnn_version() == cat("cuDNN ", CUDNN_MAJOR, ".", CUDNN_MINOR, ".",
                               CUDNN_PATCHLEVEL));  // here header and library are of one place
}

TEST_CASE("every kind of convolution has an engine on an H100, that repeats to the bit and keeps f32") {
  const BackendDescriptor device = described_device(h100());
  CudnnConvLibrary library({nullptr, &device});
  for (const Conv& s : layers()) {
    for (const ConvKind kind : {ConvKind::forward, ConvKind::backward_data, ConvKind::backward_weights}) {
      for (const bool is_bf16 : {true, false}) {
        const ConvCall call{kind, s, is_bf16};
        CAPTURE(to_string(call));
        const std::string engine = planned(library, {call});
        std::printf("%-60s %s\n", to_string(call).c_str(), engine.c_str());
        CHECK(engine.starts_with("cudnn "));
      }
    }
  }
}

TEST_CASE("graphs with epilogues are whole: if none takes them it is for want of an engine") {
  const BackendDescriptor device = described_device(h100());
  CudnnConvLibrary library({nullptr, &device});
  for (const ConvKind kind : {ConvKind::forward, ConvKind::backward_data}) {
    for (const int e : {1, 2, 3, 4, 5, 6, 7}) {
      const ConvQuestion q{{kind, kShape, true}, (e & 1) != 0, (e & 2) != 0, (e & 4) != 0};
      CAPTURE(e);
      CAPTURE(to_string(q.call));
      std::string refused = "cudnn: no engine is proposed";
      try {
        library.proposals(q);
      } catch (const Refused& r) {
        refused = r.what();
      }
      CHECK(refused.starts_with("cudnn: no engine is proposed"));
      CHECK(refused.find("BAD_PARAM") == std::string::npos);
    }
  }
  CHECK(planned(library, {{ConvKind::forward, kShape, true}}).starts_with("cudnn "));
}

TEST_CASE("cuDNN accepts the descriptors of every graph") {
  for (const Fusion& f : fusions_of(kShape)) {
    for (const bool f32 : {true, false}) {
      CAPTURE(f.name);
      CAPTURE(f32);
      CHECK(FusionGraph(f, {f32, f32}).raw() != nullptr);
    }
  }
}

TEST_CASE("cuDNN refuses a graph whose shapes do not fit, and says so") {
  Conv wrong = kShape;
  wrong.oh = 5;
  CHECK_THROWS_WITH_AS(FusionGraph(fusions_of(wrong).front(), {}), doctest::Contains("cudnn: "), Error);
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
