// The 1x1 convolutions of pp_linknet34_psp64 and of ResNet-50's bottlenecks on a device, each by cuDNN (what the engine
// takes), cuBLASLt and our own kernel, as JSON lines: which of them is to serve them. [SIZE [BATCH]], 1024 and 8.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/conv.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/timer.h"
#include "kernels/fill.h"

using namespace ppl;

namespace {

constexpr int kRepeats = 10, kWarmUp = 2;

struct Layer {
  int part, in, out;  // part of the image's side; channels
};
constexpr Layer kLayers[] = {{4, 64, 16},    {4, 16, 64},    {8, 128, 32},    {4, 32, 64},
                             {16, 256, 64},  {8, 64, 128},   {16, 512, 128},  {16, 128, 256},
                             {16, 256, 512}, {16, 512, 512}, {4, 64, 256},    {4, 256, 64},
                             {8, 512, 128},  {8, 128, 512},  {16, 1024, 256}, {16, 256, 1024}};

constexpr std::pair<const char*, ConvAlgorithm> kAlgorithms[] = {
    {"automatic", ConvAlgorithm::automatic}, {"product", ConvAlgorithm::product}, {"plain", ConvAlgorithm::plain}};

template <class T>
struct OnDevice {
  T* data;
  explicit OnDevice(int64_t n) : data(static_cast<T*>(cuda_allocate(static_cast<size_t>(n) * sizeof(T)))) {
    fill(CudaContext::current(), n, T(0.5f), data);
  }
  ~OnDevice() { cuda_free(data); }
  OnDevice(const OnDevice&) = delete;
};

double best_ms(const std::function<void()>& work) {
  double best = 1e30;
  for (int i = 0; i < kWarmUp + kRepeats; ++i) {
    const double ms = cuda_milliseconds(work);
    if (i >= kWarmUp) best = std::min(best, ms);
  }
  return best;
}

template <class T>
void measure(const Conv& s, const char* type) {
  CudaContext& ctx = CudaContext::current();
  const int64_t pixels = int64_t{s.n} * s.h * s.w;
  const OnDevice<T> x(pixels * s.c), y(pixels * s.k), w(int64_t{s.k} * s.c);
  const OnDevice<float> dw(int64_t{s.k} * s.c);
  for (const auto& [name, a] : kAlgorithms) {
    const std::pair<const char*, std::function<void()>> passes[] = {
        {"forward", [&, a = a] { conv_forward<T>(ctx, s, x.data, w.data, {}, y.data, nullptr, a); }},
        {"backward_data", [&, a = a] { conv_backward_data<T>(ctx, s, y.data, w.data, {}, x.data, nullptr, a); }},
        {"backward_weights", [&, a = a] { conv_backward_weights<T>(ctx, s, x.data, y.data, dw.data, a); }}};
    for (const auto& [pass, work] : passes) {
      std::printf("{\"bench\": \"pointwise\", \"pixels\": %lld, \"in\": %d, \"out\": %d, \"type\": \"%s\", ",
                  static_cast<long long>(pixels), s.c, s.k, type);
      std::printf("\"pass\": \"%s\", \"algorithm\": \"%s\", ", pass, name);
      try {
        const double ms = best_ms(work);
        std::printf("\"ms\": %.4f, \"gflop_per_s\": %.0f}\n", ms, 2e-6 * static_cast<double>(s.macs()) / ms);
      } catch (const Error& e) {
        std::printf("\"error\": \"%s\"}\n", e.what());
      }
      std::fflush(stdout);
    }
  }
}

void run(int size, int batch) {
  PPL_CHECK(size >= 32 && size <= 8192 && batch >= 1 && batch <= 256, "expected a size of 32 to 8192 and a batch, got ",
            size, " and ", batch);
  for (const Layer& l : kLayers) {
    const int side = size / l.part;
    const Conv s{.n = batch, .h = side, .w = side, .c = l.in, .oh = side, .ow = side, .k = l.out, .r = 1, .s = 1};
    measure<float>(s, "f32");
    measure<bf16>(s, "bf16");
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* kHelp =
      "Usage: pointwise_bench [SIZE [BATCH]]\n1x1 convolutions on a GPU by cuDNN, cuBLASLt and our own kernel, of "
      "images "
      "of SIZE x SIZE (1024), BATCH (8) at once\n";
  if (argc > 1 && argv[1][0] == '-') return std::fputs(kHelp, stdout) < 0 || std::string(argv[1]) != "--help" ? 2 : 0;
  try {
    if (const std::string problem = cuda_problem(); !problem.empty()) throw Error(problem);
    run(argc > 1 ? std::atoi(argv[1]) : 1024, argc > 2 ? std::atoi(argv[2]) : 8);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "pointwise_bench: %s\n", e.what());
    return 1;
  }
}
