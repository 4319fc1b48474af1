// What cuDNN can run in one kernel on this device (bench/fusion/fusion.h) beside the convolution alone with our own
// kernels before and behind it, for the 3x3 convolutions of the encoder of pp_linknet34, in bf16: whether the device
// takes the graph, how far the results are apart, ms of both. JSON lines; exit code 1 where results differ.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/fusion/cudnn_plan.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/timer.h"

using namespace ppl;
using nlohmann::json;

namespace {

struct Options {
  int size = 1024, batch = 8, repeats = 10;
  bool small = false;
  std::string only, described;
};

// ResNet-34's stages: part of the image's side, channels.
struct Stage {
  int part, channels;
};
constexpr Stage kStages[] = {{4, 64}, {8, 128}, {16, 256}, {32, 512}};

// Those within the stages, then those between them.
std::vector<Conv> shapes(const Options& o) {
  std::vector<Conv> all;
  const auto add = [&](const Stage& from, const Stage& to) {
    const int in = o.size / from.part, out = o.size / to.part;
    all.push_back({o.batch, in, in, from.channels, out, out, to.channels, 3, 3, to.part / from.part, 1, 1});
  };
  for (const Stage& s : kStages) add(s, s);
  for (size_t i = 1; i < std::size(kStages); ++i) add(kStages[i - 1], kStages[i]);
  return all;
}

class Library {
 public:
  Library() {
    check_cudnn(cudnnCreate(&handle_), "cudnnCreate");
    check_cudnn(cudnnSetStream(handle_, CudaContext::current().stream), "cudnnSetStream");
  }
  ~Library() { cudnnDestroy(handle_); }
  Library(const Library&) = delete;
  cudnnHandle_t handle() const { return handle_; }

 private:
  cudnnHandle_t handle_{};
};

// Best ms of each, taken in turn.
std::pair<double, double> best_ms(int repeats, const std::function<void()>& a, const std::function<void()>& b) {
  std::pair<double, double> best{1e30, 1e30};
  for (int i = -2; i < repeats; ++i) {
    const double of_a = cuda_milliseconds(a), of_b = cuda_milliseconds(b);
    if (i >= 0) best = {std::min(best.first, of_a), std::min(best.second, of_b)};
  }
  return best;
}

json described(const Fusion& f) {
  const Conv& s = f.shape;
  return {{"bench", "fusion"}, {"fusion", f.name}, {"batch", s.n},  {"side", s.h},
          {"in", s.c},         {"out", s.k},       {"window", s.r}, {"stride", s.stride.y}};
}

json described(const GraphPlan& plan) {
  return {{"engine", plan.engine()},
          {"vectors", plan.types().f32_vectors ? "f32" : "bf16"},
          {"within", plan.types().f32_within ? "f32" : "bf16"},
          {"deterministic", plan.deterministic()},
          {"workspace_mib", static_cast<double>(plan.workspace()) / (1 << 20)}};
}

// False where the results are too far apart.
bool measure(const Options& o, const Library& library, const Fusion& f, const GraphPlan& plan, json& line) {
  CudaContext& ctx = CudaContext::current();
  Arrays ours, fused;
  prepare_two_steps(f, ours);
  prepare_graph(f, plan.types().f32_vectors, fused);
  fused.make("workspace", plan.workspace() / 2 + 1, false);
  const auto run_ours = [&] { two_steps(ctx, f, ours); };
  const auto run_fused = [&] {
    plan.run(library.handle(), f, fused, fused.raw("workspace"));
    behind_graph(ctx, f, fused);
  };
  run_ours(), run_fused();
  const auto first = results_of_graph(f, fused);
  const double error = fusion_error(first, results_of_two_steps(f, ours));
  const auto [ours_ms, fused_ms] = best_ms(o.repeats, run_ours, run_fused);
  line.update({{"same_bits", results_of_graph(f, fused) == first},
               {"error", error},
               {"tolerance", kFusionTolerance},
               {"equal", error <= kFusionTolerance},
               {"ours_ms", ours_ms},
               {"fused_ms", fused_ms},
               {"ratio", ours_ms / fused_ms}});
  return error <= kFusionTolerance;
}

// A line a fusion: can it be planned for the device, and with measure(fusion, plan, line) what it does.
template <class Measure>
void for_fusions(const Options& o, const PlanTarget& target, const Measure& measure) {
  for (const Conv& s : shapes(o)) {
    for (const Fusion& f : fusions_of(s)) {
      if (f.name.find(o.only) == std::string::npos) continue;
      json line = described(f);
      std::unique_ptr<GraphPlan> plan;
      try {
        plan = std::make_unique<GraphPlan>(target, f);
        line["supported"] = true;
        line.update(described(*plan));
      } catch (const Error& e) {
        line["supported"] = false, line["message"] = e.what();
      }
      if (plan) measure(f, *plan, line);
      std::printf("%s\n", line.dump().c_str());
      std::fflush(stdout);
    }
  }
}

bool run(const Options& o) {
  const Library library;
  bool equal = true;
  for_fusions(o, {library.handle()}, [&](const Fusion& f, const GraphPlan& plan, json& line) {
    try {
      equal = measure(o, library, f, plan, line) && equal;
    } catch (const Error& e) {
      line["failed"] = e.what(), equal = false;
    }
  });
  return equal;
}

void plan_only(const Options& o) {
  std::ostringstream text;
  text << std::ifstream(o.described).rdbuf();
  const BackendDescriptor device = described_device(text.str());
  for_fusions(o, {nullptr, &device}, [](const Fusion&, const GraphPlan&, json&) {});
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Convolutions fused with norms and ReLU by cuDNN beside our two steps", "fusion_bench");
  app.add_option("--size", o.size, "Side of the square image")->check(CLI::Range(64, 8192))->capture_default_str();
  app.add_option("--batch", o.batch, "Images at once")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--repeats", o.repeats, "Timings of which the best counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--only", o.only, "Fusions whose name contains this");
  app.add_option("--for", o.described, "Only plan, for the device that this file describes (bench/fusion/h100.json)")
      ->check(CLI::ExistingFile);
  app.add_flag("--small", o.small, "A 64x64 image, batch 1, to try the program");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (o.small) o.size = 64, o.batch = 1;
  try {
    if (!o.described.empty()) return plan_only(o), 0;
    if (const std::string problem = cuda_problem(); !problem.empty()) {
      std::printf("skipped: %s\n", problem.c_str());
      return 0;
    }
    return run(o) ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fusion_bench: %s\n", e.what());
    return 1;
  }
}
