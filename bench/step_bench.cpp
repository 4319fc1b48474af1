// Whole steps of a network, predict and train, beside the direct roof of the same run: the sum of the times of the
// step's convolutions alone, each run by oneDNN's direct algorithm (on the CPU); and what computed each convolution.
// One JSON line a setting.
#include <omp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/traced_convolutions.h"
#include "engine/graph.h"
#include "engine/ops.h"
#include "kernels/cpu/conv_impl.h"
#include "kernels/cuda/device.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/training/trainer.h"

using namespace ppl;
using nlohmann::json;

namespace {

struct Options {
  std::string network = "pp_linknet34_psp64", loss = "focal";
  std::vector<int> sizes{512}, batches{1};
  std::vector<std::string> modes{"predict", "train"}, precisions{"f32", "bf16"};
  int repeats = 10, warmup = 3, beside = 0;
  bool roof = true, graph = false, no_plain = false;
  Device device = Device::cpu;
};

struct Times {
  double median = 0, best = 0;  // ms
};

Times measure(const Options& o, const std::function<void()>& work) {
  std::vector<double> ms;
  for (int i = 0; i < o.warmup + o.repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double t = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (i >= o.warmup) ms.push_back(t);
  }
  std::sort(ms.begin(), ms.end());
  return {ms[ms.size() / 2], ms[0]};
}

// Processes that compute without end until this goes.
class BusyProcesses {
 public:
  explicit BusyProcesses(int count) {
    for (int i = 0; i < count; ++i) {
      const pid_t child = fork();
      PPL_CHECK(child >= 0, "cannot start a busy process");
      if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile uint64_t turns = 0;;) turns = turns + 1;
      }
      children_.push_back(child);
    }
  }
  ~BusyProcesses() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  BusyProcesses(const BusyProcesses&) = delete;
  BusyProcesses& operator=(const BusyProcesses&) = delete;

 private:
  std::vector<pid_t> children_;
};

Tensor random_tensor(Shape shape, uint64_t seed, DType dtype) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(numel(shape)));
  for (float& v : values) v = static_cast<float>(random.uniform(-1, 1));
  return Tensor::from(std::move(shape), values, dtype);
}

template <class T>
double direct_time(const Options& o, const ConvCall& c) {
  CpuContext& ctx = CpuContext::current();
  const Conv& s = c.shape;
  const DType t = dtype_of<T>();
  const Tensor x = random_tensor({s.n, s.h, s.w, s.c}, 1, t), w = random_tensor({s.k, s.r, s.s, s.c}, 2, t),
               y = random_tensor({s.n, s.oh, s.ow, s.k}, 3, t);
  const Tensor dw = Tensor::empty({s.k, s.r, s.s, s.c});
  PackedWeights packed;
  constexpr auto direct = ConvAlgorithm::direct;
  return measure(o,
                 [&] {
                   if (c.kind == ConvKind::forward)
                     conv_forward<T>(ctx, s, x.data<T>(), w.data<T>(), {}, y.data<T>(), &packed, direct);
                   if (c.kind == ConvKind::backward_data)
                     conv_backward_data<T>(ctx, s, y.data<T>(), w.data<T>(), {}, x.data<T>(), &packed, direct);
                   if (c.kind == ConvKind::backward_weights)
                     conv_backward_weights<T>(ctx, s, x.data<T>(), y.data<T>(), dw.data<float>(), direct);
                 })
      .median;
}

double roof(const Options& o, DType precision, const std::function<void()>& step) {
  double total = 0;
  for (const auto& [call, count] : traced_convolutions(step))
    total += count * (precision == DType::f32 ? direct_time<float>(o, call) : direct_time<bf16>(o, call));
  return total;
}

Tensor tenth_foreground(Shape shape) {
  std::vector<uint8_t> v(static_cast<size_t>(numel(shape)));
  for (size_t i = 0; i < v.size(); ++i) v[i] = i % 10 == 0;
  return Tensor::from(std::move(shape), v);
}

// What computed each of them; the table goes to stderr, for people.
json described(const std::vector<ConvRun>& runs) {
  std::fputs(conv_table(runs).c_str(), stderr);
  double total = 0;
  for (const ConvRun& r : runs) total += r.macs();
  json all = json::array();
  for (const ConvRun& r : runs) {
    all.push_back({{"convolution", to_string(r.call)},
                   {"result", {r.call.shape.oh, r.call.shape.ow}},
                   {"calls", r.calls},
                   {"work", r.macs() / total},
                   {"by", r.by},
                   {"workspace_mib", static_cast<double>(r.workspace) / (1 << 20)}});
    if (!r.refused.empty()) all.back()["refused"] = r.refused;
  }
  return all;
}

void say_if_plain(const Options& o, const std::vector<ConvRun>& runs) {
  const std::string warning = plain_conv_warning(runs);
  if (warning.empty()) return;
  PPL_CHECK(!o.no_plain, warning);
  std::fprintf(stderr, "step_bench: warning: %s\n", warning.c_str());
}

void run(const Options& o, int size, int batch, const std::string& mode, const std::string& precision_name) {
  const DType precision = precision_name == "bf16" ? DType::bf16 : DType::f32;
  const auto net = make_network(o.network);
  Random random(1);
  net->initialize(random);
  net->to(o.device);
  const Tensor x = random_tensor({batch, size, size, 3}, 4, precision).to(o.device);
  const Tensor target = tenth_foreground({batch, size, size, 1}).to(o.device);
  std::unique_ptr<Trainer> trainer;
  Graph graph(o.device);
  std::function<void()> step;
  if (mode == "train") {
    TrainerOptions options{make_loss(o.loss), {}, precision};
    options.graph = o.graph;
    trainer = std::make_unique<Trainer>(*net, options);
    // As train gives it: how many pixels count is known from the loader.
    const TrainingBatch prepared{x, target, {}, target.size(), false};
    step = [&, prepared] {
      trainer->step({&prepared, 1}, 2e-4);
      if (o.device == Device::cuda) cuda_synchronize();
    };
  } else {
    net->train(false);
    step = [&] {
      const NoGrad off;
      const auto forward = [&] { sigmoid(net->forward(x)); };
      o.graph ? graph.run(forward) : forward();
      if (o.device == Device::cuda) cuda_synchronize();
    };
  }
  forget_conv_runs();
  step();
  const std::vector<ConvRun> runs = conv_runs();
  reset_peak_memory(o.device);
  const int threads = omp_get_max_threads();
  const Times t = measure(o, step);
  PPL_CHECK(cuda_graphs_without_memory() == 0, "the device has no room for a graph of these steps");
  const char* epilogues = std::getenv("PPL_CUDNN_EPILOGUES");
  json line{{"bench", "step"},
            {"device", o.device == Device::cuda ? cuda_device_name() : "cpu"},
            {"network", o.network},
            {"mode", mode},
            {"size", size},
            {"batch", batch},
            {"precision", precision_name},
            {"graph", o.graph},
            {"cudnn_epilogues", epilogues ? epilogues : "0"},
            {"threads", threads},
            {"ms", t.median},
            {"best_ms", t.best},
            {"images_per_s", 1e3 * batch / t.median},
            {"peak_mib", memory_use(o.device).peak >> 20},
            {"held_mib", memory_use(o.device).held >> 20},
            {"convolutions", described(runs)}};
  if (o.beside > 0) {
    const BusyProcesses busy(o.beside);
    const Times beside = measure(o, step);
    line["busy_processes"] = o.beside;
    line["beside_ms"] = beside.median;
    line["of_quiet_speed"] = t.median / beside.median;
  }
  if (o.roof && o.device == Device::cpu) {
    line["direct_roof_ms"] = roof(o, precision, step);
    line["of_direct_roof"] = t.median / line["direct_roof_ms"].get<double>();
  }
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
  say_if_plain(o, runs);
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Times predict and train steps of a network beside the sum of its direct convolutions", "step_bench");
  app.add_option("--network", o.network, "Its name")->capture_default_str();
  app.add_option("--loss", o.loss, "What train steps minimise")->capture_default_str();
  app.add_option("--size", o.sizes, "Sides of the square input")->capture_default_str();
  app.add_option("--batch", o.batches, "Images at once")->capture_default_str();
  app.add_option("--mode", o.modes, "Which steps")->check(CLI::IsMember({"predict", "train"}))->capture_default_str();
  app.add_option("--precision", o.precisions, "Types of the activations")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  app.add_option("--repeats", o.repeats, "Timed steps; their median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--device", [&](const std::string& name) { o.device = name == "cuda" ? Device::cuda : Device::cpu; },
         "Where the steps run")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->default_str("cpu");
  app.add_option("--beside", o.beside, "Then measures again beside so many busy processes")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--graph", o.graph, "On cuda: steps as CUDA graphs, recorded while warming up");
  app.add_flag("--no-plain", o.no_plain, "Fail where a convolution is computed by plain kernels");
  app.add_flag("!--no-roof", o.roof, "Leave the direct roof out");
  CLI11_PARSE(app, argc, argv);
  try {
    for (const int size : o.sizes)
      for (const int batch : o.batches)
        for (const std::string& mode : o.modes)
          for (const std::string& precision : o.precisions) run(o, size, batch, mode, precision);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "step_bench: %s\n", e.what());
    return 1;
  }
}
