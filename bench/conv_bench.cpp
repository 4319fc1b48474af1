// Every convolution of a network, alone: oneDNN direct beside what the engine would choose, as JSON lines.
// The two are timed in turn within one loop, so that a slow spell of the machine meets both; each keeps its minimum.
#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/traced_convolutions.h"
#include "kernels/cpu/conv_impl.h"
#include "models/networks.h"

namespace {

using namespace ppl;

struct Layer {
  std::string name;
  int count;
  Conv conv;
  bool transposed = false;   // its forward pass is the convolution's data gradient, and the other way round
  bool reads_image = false;  // nobody wants the image's gradient
};

struct Options {
  std::string network = "pp_linknet34_psp64";
  int bands = 3, size = 512, batch = 1, repeats = 15;
  std::string type = "f32,bf16", kind = "forward,backward_data,backward_weights", only;
  std::string algorithm = "automatic";
  bool packed = false, epilogue = false, cpu_time = false;
};

// Such as "T3x3 s2 64-32 @128x128": window, channels from and to, the larger map.
std::string name_of(const Layer& l) {
  const Conv& p = l.conv;
  std::string text = cat(l.transposed ? "T" : "", p.r, "x", p.s, " ");
  if (p.stride != Axes(1)) text += cat("s", p.stride, " ");
  if (p.dilation != Axes(1)) text += cat("d", p.dilation, " ");
  return text + (l.transposed ? cat(p.k, "-", p.c) : cat(p.c, "-", p.k)) + cat(" @", p.w, "x", p.h);
}

// Those of a forward pass; the first one, which reads the image, marked.
std::vector<Layer> layers(const Options& o) {
  const auto network = make_network(o.network, o.bands);
  Random random(1);
  network->initialize(random);
  network->train(false);
  const Tensor image = Tensor::zeros({o.batch, o.size, o.size, o.bands});
  std::vector<Layer> all;
  for (const auto& [call, count] : traced_convolutions([&] {
         const NoGrad off;
         network->forward(image);
       })) {
    Layer l{"", count, call.shape, call.kind == ConvKind::backward_data};
    l.reads_image = call.shape.c == o.bands && call.shape.h == o.size;
    l.name = name_of(l);
    all.push_back(l);
  }
  return all;
}

constexpr const char* algorithm_names[] = {"automatic", "plain", "direct", "winograd", "narrow", "product", "tiles"};

ConvAlgorithm find_algorithm(const std::string& name) {
  for (size_t i = 0; i < std::size(algorithm_names); ++i) {
    if (name == algorithm_names[i]) return static_cast<ConvAlgorithm>(i);
  }
  throw Error("no algorithm is called " + name);
}

double now_ms(const Options& o) {
  timespec t;
  clock_gettime(o.cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

// As the engine allocates.
template <class T>
struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U>
  Aligned(const Aligned<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const Aligned&) const { return true; }
};
template <class T>
using Vector = std::vector<T, Aligned<T>>;

template <class T>
struct Data {
  Vector<T> x, w, y, residual;
  Vector<float> dw, bias;

  explicit Data(const Conv& p)
      : x(size_t(p.n) * p.h * p.w * p.c),
        w(size_t(p.k) * p.r * p.s * p.c),
        y(size_t(p.n) * p.oh * p.ow * p.k),
        residual(std::max(x.size(), y.size())),
        dw(w.size()),
        bias(std::max(p.c, p.k)) {
    std::mt19937 random(1);
    for (auto* v : {&x, &w, &y, &residual}) {
      for (T& e : *v) e = T(static_cast<float>(random() % 2001) / 1000.0f - 1.0f);
    }
  }
};

template <class T>
void run_once(const Options& o, const Conv& p, ConvKind kind, Data<T>& d, PackedWeights& packed, ConvAlgorithm a) {
  CpuContext& ctx = CpuContext::current();
  Epilogue<T> e;
  if (o.epilogue) e = {d.bias.data(), p.stride == Axes(1) && p.r == 3 ? d.residual.data() : nullptr, true};
  PackedWeights* keep = o.packed ? &packed : nullptr;
  if (kind == ConvKind::forward) conv_forward<T>(ctx, p, d.x.data(), d.w.data(), e, d.y.data(), keep, a);
  if (kind == ConvKind::backward_data) conv_backward_data<T>(ctx, p, d.y.data(), d.w.data(), e, d.x.data(), keep, a);
  if (kind == ConvKind::backward_weights) conv_backward_weights<T>(ctx, p, d.x.data(), d.y.data(), d.dw.data(), a);
}

template <class T>
void measure(const Options& o, const std::vector<Layer>& layers, const std::string& role, const std::string& type) {
  double sum[2] = {};
  for (const Layer& layer : layers) {
    if (layer.name.find(o.only) == std::string::npos) continue;
    if (role == "backward_data" && layer.reads_image) continue;
    ConvKind kind = role == "forward" ? ConvKind::forward : ConvKind::backward_data;
    if (layer.transposed) kind = kind == ConvKind::forward ? ConvKind::backward_data : ConvKind::forward;
    if (role == "backward_weights") kind = ConvKind::backward_weights;
    Data<T> data(layer.conv);
    PackedWeights packed[2];
    ConvAlgorithm chosen = find_algorithm(o.algorithm);
    if (chosen == ConvAlgorithm::automatic || !conv_serves(chosen, kind, layer.conv, std::is_same_v<T, bf16>)) {
      chosen = conv_choice(kind, layer.conv, std::is_same_v<T, bf16>);
    }
    const ConvAlgorithm algorithms[2] = {ConvAlgorithm::direct, chosen};
    double ms[2] = {1e30, 1e30};
    for (int i = -2; i < o.repeats; ++i) {
      for (int a = 0; a < 2; ++a) {
        const double start = now_ms(o);
        run_once<T>(o, layer.conv, kind, data, packed[a], algorithms[a]);
        if (i >= 0) ms[a] = std::min(ms[a], now_ms(o) - start);
      }
    }
    const double gflop = 2e-9 * layer.conv.macs();
    for (int a = 0; a < 2; ++a) sum[a] += layer.count * ms[a];
    std::cout << nlohmann::json{{"layer", layer.name},
                                {"count", layer.count},
                                {"kind", role},
                                {"type", type},
                                {"direct_ms", ms[0]},
                                {"direct_gflops", gflop / ms[0] * 1e3},
                                {"algorithm", algorithm_names[static_cast<int>(chosen)]},
                                {"ms", ms[1]},
                                {"gflops", gflop / ms[1] * 1e3}}
              << std::endl;
  }
  std::cout << nlohmann::json{{"sum", role},         {"type", type}, {"size", o.size},          {"batch", o.batch},
                              {"direct_ms", sum[0]}, {"ms", sum[1]}, {"ratio", sum[0] / sum[1]}}
            << std::endl;
}

void run(const Options& o) {
  const std::vector<Layer> all = layers(o);
  for (const std::string type : {"f32", "bf16"}) {
    for (const std::string kind : {"forward", "backward_data", "backward_weights"}) {
      if (("," + o.type + ",").find("," + type + ",") == std::string::npos) continue;
      if (("," + o.kind + ",").find("," + kind + ",") == std::string::npos) continue;
      type == "f32" ? measure<float>(o, all, kind, type) : measure<bf16>(o, all, kind, type);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Times every convolution of a network: oneDNN direct and the engine's choice");
  app.add_option("--network", o.network, "its name")->capture_default_str();
  app.add_option("--bands", o.bands, "bands of the image")->check(CLI::Range(1, 64));
  app.add_option("--size", o.size, "side of the image, a multiple of 32")->check(CLI::PositiveNumber);
  app.add_option("--batch", o.batch, "images")->check(CLI::PositiveNumber);
  app.add_option("--repeats", o.repeats, "timings of which the minimum counts")->check(CLI::PositiveNumber);
  app.add_option("--type", o.type, "f32, bf16 or both with a comma");
  app.add_option("--kind", o.kind, "passes: forward, backward_data, backward_weights, with commas");
  app.add_option("--only", o.only, "layers whose name contains this");
  app.add_option("--algorithm", o.algorithm, "convolution algorithm instead of the engine's choice where it can serve");
  app.add_flag("--cpu-time", o.cpu_time, "processor time instead of elapsed time: for one thread on a busy machine");
  app.add_flag("--packed", o.packed, "keep packed weights between calls, as inference does");
  app.add_flag("--epilogue", o.epilogue, "with bias and ReLU, and a residual on 3x3 stride 1");
  CLI11_PARSE(app, argc, argv);
  try {
    run(o);
  } catch (const std::exception& e) {
    std::cerr << "conv_bench: " << e.what() << "\n";
    return 1;
  }
}
