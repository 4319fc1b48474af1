// Every convolution of pp_linknet34_psp64, alone: oneDNN direct beside what the engine would choose, as JSON lines.
// The two are timed in turn within one loop, so that a slow spell of the machine meets both; each keeps its minimum.
#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/conv_impl.h"

namespace {

using namespace ppl;

struct Layer {
  std::string name;
  int count;
  Conv conv;
  bool transposed = false;  // its forward pass is the convolution's data gradient, and the other way round
};

struct Options {
  int size = 512, batch = 1, repeats = 15;
  std::string type = "f32,bf16", kind = "forward,backward_data,backward_weights", only;
  std::string algorithm = "automatic";
  bool packed = false, epilogue = false, cpu_time = false;
};

// A convolution of window r and "same" padding over an h x h map.
Conv conv(const Options& o, int h, int c, int k, int r, int stride = 1) {
  Conv p{o.batch, h, h, c, 0, 0, k, r, r, stride, (r - 1) / 2, 1};
  p.oh = p.ow = (h + 2 * p.pad - r) / stride + 1;
  return p;
}

std::vector<Layer> network(const Options& o) {
  const int h = o.size;
  return {{"stem 7x7 3-64", 1, conv(o, h, 3, 64, 7, 2)},
          {"stage1 3x3 64", 6, conv(o, h / 4, 64, 64, 3)},
          {"stage2 3x3 s2 64-128", 1, conv(o, h / 4, 64, 128, 3, 2)},
          {"stage2 1x1 s2 64-128", 1, conv(o, h / 4, 64, 128, 1, 2)},
          {"stage2 3x3 128", 7, conv(o, h / 8, 128, 128, 3)},
          {"stage3 3x3 s2 128-256", 1, conv(o, h / 8, 128, 256, 3, 2)},
          {"stage3 1x1 s2 128-256", 1, conv(o, h / 8, 128, 256, 1, 2)},
          {"stage3 3x3 256", 11, conv(o, h / 16, 256, 256, 3)},
          {"stage4 3x3 256-512", 1, conv(o, h / 16, 256, 512, 3)},
          {"stage4 1x1 256-512", 1, conv(o, h / 16, 256, 512, 1)},
          {"stage4 3x3 512", 5, conv(o, h / 16, 512, 512, 3)},
          {"centre 1x1 512", 1, conv(o, h / 16, 512, 512, 1)},
          {"decoder4 1x1 512-128", 1, conv(o, h / 16, 512, 128, 1)},
          {"decoder4 T3x3 128", 1, conv(o, h / 16, 128, 128, 3), true},
          {"decoder4 1x1 128-256", 1, conv(o, h / 16, 128, 256, 1)},
          {"decoder3 1x1 256-64", 1, conv(o, h / 16, 256, 64, 1)},
          {"decoder3 T3x3 s2 64", 1, conv(o, h / 8, 64, 64, 3, 2), true},
          {"decoder3 1x1 64-128", 1, conv(o, h / 8, 64, 128, 1)},
          {"decoder2 1x1 128-32", 1, conv(o, h / 8, 128, 32, 1)},
          {"decoder2 T3x3 s2 32", 1, conv(o, h / 4, 32, 32, 3, 2), true},
          {"decoder2 1x1 32-64", 1, conv(o, h / 4, 32, 64, 1)},
          {"decoder1 1x1 64-16", 1, conv(o, h / 4, 64, 16, 1)},
          {"decoder1 T3x3 s2 16", 1, conv(o, h / 2, 16, 16, 3, 2), true},
          {"decoder1 1x1 16-64", 1, conv(o, h / 2, 16, 64, 1)},
          {"head T4x4 s2 64-32", 1, conv(o, h, 32, 64, 4, 2), true},
          {"head 3x3 32", 1, conv(o, h, 32, 32, 3)},
          {"head 3x3 32-1", 1, conv(o, h, 32, 1, 3)}};
}

constexpr const char* algorithm_names[] = {"automatic", "plain", "direct", "winograd", "narrow"};

ConvAlgorithm find_algorithm(const std::string& name) {
  for (int i = 0; i < 5; ++i) {
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
  if (o.epilogue) e = {d.bias.data(), p.stride == 1 && p.r == 3 ? d.residual.data() : nullptr, true};
  PackedWeights* keep = o.packed ? &packed : nullptr;
  if (kind == ConvKind::forward) conv_forward<T>(ctx, p, d.x.data(), d.w.data(), e, d.y.data(), keep, a);
  if (kind == ConvKind::backward_data) conv_backward_data<T>(ctx, p, d.y.data(), d.w.data(), e, d.x.data(), keep, a);
  if (kind == ConvKind::backward_weights) conv_backward_weights<T>(ctx, p, d.x.data(), d.y.data(), d.dw.data(), a);
}

template <class T>
void measure(const Options& o, const std::string& role, const std::string& type) {
  double sum[2] = {};
  for (const Layer& layer : network(o)) {
    if (layer.name.find(o.only) == std::string::npos) continue;
    if (role == "backward_data" && layer.name.starts_with("stem")) continue;  // nobody wants the image's gradient
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

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Times every convolution of pp_linknet34_psp64: oneDNN direct and the engine's choice");
  app.add_option("--size", o.size, "side of the image")->check(CLI::PositiveNumber);
  app.add_option("--batch", o.batch, "images")->check(CLI::PositiveNumber);
  app.add_option("--repeats", o.repeats, "timings of which the minimum counts")->check(CLI::PositiveNumber);
  app.add_option("--type", o.type, "f32, bf16 or both with a comma");
  app.add_option("--kind", o.kind, "of forward, backward_data, backward_weights");
  app.add_option("--only", o.only, "layers whose name contains this");
  app.add_option("--algorithm", o.algorithm, "instead of the engine's choice where it can serve");
  app.add_flag("--cpu-time", o.cpu_time, "processor time instead of elapsed time: for one thread on a busy machine");
  app.add_flag("--packed", o.packed, "keep packed weights between calls, as inference does");
  app.add_flag("--epilogue", o.epilogue, "with bias and ReLU, and a residual on 3x3 stride 1");
  CLI11_PARSE(app, argc, argv);
  for (const std::string type : {"f32", "bf16"}) {
    for (const std::string kind : {"forward", "backward_data", "backward_weights"}) {
      if (("," + o.type + ",").find("," + type + ",") == std::string::npos) continue;
      if (("," + o.kind + ",").find("," + kind + ",") == std::string::npos) continue;
      type == "f32" ? measure<float>(o, kind, type) : measure<bf16>(o, kind, type);
    }
  }
}
