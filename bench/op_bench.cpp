// Every op case at network size against the copy bandwidth measured beside it, as JSON lines.
// op_bench [--only TEXT] [--repeats N] [--megabytes N] [--threads N] [--clock wall|cpu] [--device cpu|cuda]: rotates
// over so much memory that nothing is found in cache, and takes the best of the repeats. On a busy machine: one thread
// and the cpu clock.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "kernels/adam.h"
#include "kernels/all_finite.h"
#include "kernels/augment.h"
#include "kernels/bias_relu.h"
#include "kernels/cast.h"
#include "kernels/cpu/context.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/timer.h"
#include "kernels/lerp.h"
#include "kernels/sum_of_squares.h"
#include "tests/support/op_case.h"

using namespace ppl;

namespace {

struct Options {
  std::string only;
  int repeats = 15, megabytes = 256;
};

constexpr const char* kHelp =
    "Every op case at network size against the copy bandwidth measured beside it, as JSON lines\n"
    "Usage: op_bench [OPTIONS]\n\n"
    "  --only TEXT           Ops whose name contains this\n"
    "  --repeats N           Timings of which the best counts (15)\n"
    "  --megabytes N         Memory to rotate over, so that nothing is found in cache (256)\n"
    "  --threads N           Threads (all cores)\n"
    "  --clock wall|cpu      Time that is measured; cpu on a busy machine, with one thread (wall)\n"
    "  --device cpu|cuda     Where the ops run (cpu)\n";

clockid_t measuring_clock = CLOCK_MONOTONIC;
Device device = Device::cpu;

// What is timed: prepare(i) runs untimed before run(i), i counts up.
struct Job {
  std::string name, type, pass;
  double bytes = 0, flops = 0;
  size_t warm_up = 2;  // runs until nothing is touched for the first time
  std::function<void(size_t)> prepare, run;
  size_t together = 20;  // runs that a device is timed over, so that no launch is measured; sets of inputs at most
};

double milliseconds(const std::function<void()>& f) {
  if (device == Device::cuda) return cuda_milliseconds(f);
  timespec start, end;
  clock_gettime(measuring_clock, &start);
  f();
  clock_gettime(measuring_clock, &end);
  return static_cast<double>(end.tv_sec - start.tv_sec) * 1e3 + static_cast<double>(end.tv_nsec - start.tv_nsec) / 1e6;
}

// The roof: blocks too big for the caches, in memory like the tensors' (huge pages), copied by all threads with memcpy
// or with plain vector stores, whichever is quicker (which one depends on the processor). Counts what is read and what
// is written.
class Copy {
 public:
  Copy() : from_(Tensor::full({kFloats}, 1, DType::f32, device)), to_(Tensor::full({kFloats}, 2, DType::f32, device)) {}
  double gigabytes_per_second() {
    if (device == Device::cuda) return rate(milliseconds([&] { copy_on_device(to_.raw(), from_.raw(), to_.bytes()); }));
    float* to = to_.data<float>();
    const float* from = from_.data<float>();
    const double library = milliseconds([&] {
      parallel_for(kFloats, 4096, [&](int64_t b, int64_t e) {
        std::memcpy(to + b, from + b, static_cast<size_t>(e - b) * sizeof(float));
      });
    });
    const double plain = milliseconds([&] { cast(CpuContext::current(), kFloats, from, to); });
    return rate(std::min(library, plain));
  }

 private:
  static double rate(double ms) { return 2 * sizeof(float) * static_cast<double>(kFloats) / ms / 1e6; }

  static constexpr int64_t kFloats = int64_t{24} << 20;
  Tensor from_, to_;
};

void report(const Options& o, Copy& copy, const Job& job) {
  double t = 1e30, top = 0;
  for (size_t i = 0; i < job.warm_up + static_cast<size_t>(o.repeats); ++i) {
    const double gbs = i < job.warm_up ? 0 : copy.gigabytes_per_second();
    const size_t runs = device == Device::cuda ? job.together : 1;
    for (size_t k = 0; k < runs; ++k) job.prepare(i * runs + k);
    const double ms = milliseconds([&] {
                        for (size_t k = 0; k < runs; ++k) job.run(i * runs + k);
                      }) /
                      static_cast<double>(runs);
    if (i >= job.warm_up) t = std::min(t, ms), top = std::max(top, gbs);
  }
  const double gbs = job.bytes / t / 1e6;
  std::printf(
      "{\"op\": \"%s\", \"type\": \"%s\", \"pass\": \"%s\", \"ms\": %.3f, \"gb_per_s\": %.1f, \"copy_gb_per_s\": %.1f, "
      "\"share_of_copy\": %.2f, \"gflop_per_s\": %.0f}\n",
      job.name.c_str(), job.type.c_str(), job.pass.c_str(), t, gbs, top, gbs / top, job.flops / t / 1e6);
  std::fflush(stdout);
}

// As many sets of inputs and results as it takes to leave the caches between two uses of one.
struct Sets {
  std::vector<std::vector<Tensor>> inputs;
  std::vector<Tensor> results, losses;
};

Tensor seed_backward(const Tensor& y, const Tensor& dy) {
  return record("seed", {y}, Tensor::zeros({1}, DType::f32, y.device()),
                [dy](const Tensor&) -> std::vector<Tensor> { return {dy}; });
}

Tensor one_map(const Shape& shape, DType dtype) { return make_inputs({{shape}}, dtype, Values::distinct, device)[0]; }

double bytes_of(const Traffic& t, DType dtype) { return t.elements * static_cast<double>(size_of(dtype)) + t.bytes; }

void run_case(const Options& o, Copy& copy, const OpCase& c, DType dtype) {
  Sets s;
  double size = 0;
  const auto count = [&] {
    for (const OpInput& in : c.network)
      size += static_cast<double>(numel(in.shape)) * static_cast<double>(size_of(dtype));
    return std::clamp<size_t>(static_cast<size_t>(o.megabytes * 1e6 / size), 1, 16);
  }();
  for (size_t i = 0; i < count; ++i) s.inputs.push_back(make_inputs(c.network, dtype, Values::distinct, device));
  s.results.resize(count);
  s.losses.resize(count);
  const Tensor shape_of_y = [&] {
    const NoGrad off;
    return c.run(s.inputs[0]);
  }();
  const auto prepare_forward = [&](size_t i) { s.results[i % count] = {}; };
  const auto forward = [&](size_t i) {
    const NoGrad off;
    s.results[i % count] = c.run(s.inputs[i % count]);
  };
  report(o, copy,
         {c.name, name(dtype), "forward", bytes_of(c.forward, dtype), c.flops, count + 1, prepare_forward, forward,
          count});
  if (c.backward.elements == 0) return;

  std::vector<Tensor> dy;
  for (size_t i = 0; i < count; ++i) dy.push_back(one_map(shape_of_y.shape(), shape_of_y.dtype()));
  const auto prepare_backward = [&](size_t i) {
    for (const Tensor& t : s.inputs[i % count]) t.clear_grad();
    s.losses[i % count] = seed_backward(c.run(s.inputs[i % count]), dy[i % count]);
    // Whoever comes next finds the caches full of something else.
    copy.gigabytes_per_second();
  };
  const auto backward = [&](size_t i) { s.losses[i % count].backward(); };
  report(o, copy,
         {c.name, name(dtype), "backward", bytes_of(c.backward, dtype), 2 * c.flops, count + 1, prepare_backward,
          backward, count});
}

// Kernels that are not ops.
void run_optimizer(const Options& o, Copy& copy) {
  constexpr int64_t n = 22443841;
  const auto filled = [](float value) { return Tensor::full({n}, value, DType::f32, device); };
  const Tensor p = filled(0), g = filled(1), m = filled(0), v = filled(1);
  const Tensor state = Tensor::from({4}, {1e-4f, 0.1f, 0.001f, 1}, DType::f32, device);
  const Tensor result = Tensor::zeros({sizeof(double)}, DType::u8, device);
  const auto nothing = [](size_t) {};
  report(o, copy, {"adam", "f32", "step", 28.0 * static_cast<double>(n), 0, 2, nothing, [&](size_t) {
                     on(device, [&](auto& ctx) {
                       adam(ctx, {}, n, state.data<float>(), g.data<float>(), p.data<float>(), m.data<float>(),
                            v.data<float>());
                     });
                   }});
  report(o, copy,
         {"sum_of_squares", "f32", "step", 4.0 * static_cast<double>(n), 0, 2, nothing, [&](size_t) {
            on(device, [&](auto& ctx) { sum_of_squares(ctx, n, g.data<float>(), static_cast<double*>(result.raw())); });
          }});
}

void run_averages(const Options& o, Copy& copy) {
  constexpr int64_t n = 22443841, statistics = 17024;
  const Tensor x = Tensor::full({n}, 1, DType::f32, device), y = Tensor::full({n}, 0, DType::f32, device);
  const Tensor result = Tensor::zeros({1}, DType::f32, device);
  const auto nothing = [](size_t) {};
  report(o, copy, {"lerp", "f32", "step", 12.0 * static_cast<double>(n), 0, 2, nothing, [&](size_t) {
                     on(device, [&](auto& ctx) { lerp(ctx, n, 1e-3f, x.data<float>(), y.data<float>()); });
                   }});
  report(o, copy, {"all_finite", "f32", "step", 4.0 * static_cast<double>(statistics), 0, 2, nothing, [&](size_t) {
                     on(device, [&](auto& ctx) { all_finite(ctx, statistics, x.data<float>(), result.data<float>()); });
                   }});
}

// Every step of the augmentation on every tile, which a plan that is drawn has once in 32.
template <class T>
void run_augment(const Options& o, Copy& copy) {
  constexpr int64_t n = 8, side = 1024, pixels = n * side * side;
  AugmentPlan plan{.height = side, .width = side, .hsv = true, .hue = 20, .saturation = 3, .value = -7, .warp = true};
  plan.x0 = -31.4f, plan.x1 = 1010.2f, plan.y0 = 12.5f, plan.y1 = 1071.8f;
  plan.flip_x = plan.flip_y = plan.turn = true;
  const std::vector<AugmentPlan> all(n, plan);
  std::vector<uint8_t> noise(3 * pixels), bytes(n * sizeof plan);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<uint8_t>(i * 2654435761u >> 24);
  std::memcpy(bytes.data(), all.data(), bytes.size());
  const Tensor plans = Tensor::from({static_cast<int64_t>(bytes.size())}, bytes, device);
  const Tensor crops = Tensor::from({3 * pixels}, noise, device), masks = Tensor::zeros({pixels}, DType::u8, device);
  const Tensor tables = Tensor::full({3 * 256}, 0.5f, DType::f32, device);
  const Tensor images = Tensor::empty({3 * pixels}, dtype_of<T>(), device),
               targets = Tensor::empty({pixels}, DType::u8, device);
  const double moved = static_cast<double>(crops.bytes() + masks.bytes() + images.bytes() + targets.bytes());
  report(o, copy,
         {"augment", name(dtype_of<T>()), "forward", moved, 0, 2, [](size_t) {},
          [&](size_t) {
            on(device, [&](auto& ctx) {
              augment(ctx, {n, side, side}, static_cast<const AugmentPlan*>(plans.raw()), crops.data<uint8_t>(),
                      masks.data<uint8_t>(), nullptr, tables.data<float>(), nullptr, images.data<T>(),
                      targets.data<uint8_t>(), nullptr);
            });
          }});
}

template <class T>
void run_bias_relu(const Options& o, Copy& copy) {
  const Shape shape = {2, 512, 512, 32};
  const DType dtype = dtype_of<T>();
  const Tensor dy = one_map(shape, dtype), y = one_map(shape, dtype), dz = Tensor::empty(shape, dtype, device);
  const Tensor dbias = Tensor::empty({32}, DType::f32, device);
  const double bytes = 3.0 * static_cast<double>(dy.bytes());
  report(o, copy,
         {"bias_relu", name(dtype), "backward", bytes, 0, 2, [](size_t) {},
          [&](size_t) {
            on(device, [&](auto& ctx) {
              bias_relu_backward(ctx, dy.size() / 32, 32, dy.data<T>(), y.data<T>(), dz.data<T>(), dbias.data<float>());
            });
          }});
}

void run_all(const Options& o) {
  Copy copy;
  const auto wanted = [&](const std::string& name) { return name.find(o.only) != std::string::npos; };
  for (const OpCase& c : op_cases()) {
    if (c.network.empty() || !wanted(c.name)) continue;
    for (const DType dtype : {DType::f32, DType::bf16}) run_case(o, copy, c, dtype);
  }
  if (wanted("adam") || wanted("sum_of_squares")) run_optimizer(o, copy);
  if (wanted("lerp") || wanted("all_finite")) run_averages(o, copy);
  if (wanted("augment")) run_augment<float>(o, copy), run_augment<bf16>(o, copy);
  if (wanted("bias_relu")) run_bias_relu<float>(o, copy), run_bias_relu<bf16>(o, copy);
}

}  // namespace

int main(int argc, char** argv) try {
  Options o;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--help" || option == "-h") return std::fputs(kHelp, stdout) < 0;
    PPL_CHECK(i + 1 < argc, "op_bench: no value for ", option);
    if (option == "--only")
      o.only = argv[i + 1];
    else if (option == "--repeats")
      o.repeats = std::stoi(argv[i + 1]);
    else if (option == "--threads")
      omp_set_num_threads(std::stoi(argv[i + 1]));
    else if (option == "--clock")
      measuring_clock = std::string(argv[i + 1]) == "cpu" ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    else if (option == "--device")
      device = std::string(argv[i + 1]) == "cuda" ? Device::cuda : Device::cpu;
    else if (option == "--megabytes")
      o.megabytes = std::stoi(argv[i + 1]);
    else
      throw Error("op_bench: unknown option " + option);
  }
  run_all(o);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "op_bench: %s\n", e.what());
  return 1;
}
