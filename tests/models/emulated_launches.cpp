// Prints what one training step or one prediction launches on a device, as JSON lines: kernels by the function that
// launches them, with what they move, and convolutions. Emulated; convolutions are the CPU's, each as one engine, as
// cuDNN's are. scripts/gpu_model_check.py holds the model against it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "engine/ops.h"
#include "kernels/cpu/context.h"
#include "kernels/cuda/conv_plans.h"
#include "kernels/emulate/capture.h"
#include "kernels/emulate/device_memory.h"
#include "kernels/emulate/launch_log.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/training/trainer.h"

using namespace ppl;

namespace {

template <class T>
void compute(const ConvCall& c, const ConvArrays& a) {
  CpuContext& cpu = CpuContext::current();
  const Conv& s = c.shape;
  const auto *first = static_cast<const T*>(a.first), *second = static_cast<const T*>(a.second);
  auto* result = static_cast<T*>(a.result);
  if (c.kind == ConvKind::forward) return conv_forward<T>(cpu, s, first, second, {}, result);
  if (c.kind == ConvKind::backward_data) return conv_backward_data<T>(cpu, s, first, second, {}, result);
  std::vector<float> dw(static_cast<size_t>(s.k) * static_cast<size_t>(s.r * s.s * s.c));
  conv_backward_weights<T>(cpu, s, first, second, dw.data());
  for (size_t i = 0; i < dw.size(); ++i) result[i] = T(dw[i]);
}

class HostEngine : public ConvLibrary {
 public:
  std::vector<ConvProposal> proposals(const ConvQuestion& q) override {
    return {{"host", "", [q] { return std::make_unique<Plan>(q.call); }}};
  }

 private:
  struct Plan : ConvPlan {
    ConvCall call;
    explicit Plan(const ConvCall& c) : call(c) {}
    size_t workspace() const override { return 0; }
    void run(CudaContext& ctx, const ConvArrays& a, void*) override {
      emulate::in_order(ctx.stream, [c = call, a] {
        const emulate::DeviceAccess access;
        c.is_bf16 ? compute<bf16>(c, a) : compute<float>(c, a);
      });
    }
  };
};

void print(const std::vector<emulate::LoggedLaunch>& log) {
  struct Sum {
    int launches = 0;
    emulate::Moved moved;
  };
  std::map<std::string, Sum> sums;
  for (const emulate::LoggedLaunch& l : log) {
    Sum& s = sums[l.function];
    ++s.launches, s.moved.read += l.moved.read, s.moved.written += l.moved.written;
  }
  for (const auto& [function, s] : sums)
    std::printf("{\"function\": \"%s\", \"launches\": %d, \"read\": %ld, \"written\": %ld}\n", function.c_str(),
                s.launches, long{s.moved.read}, long{s.moved.written});
  for (const ConvRun& r : conv_runs()) {
    const Conv& s = r.call.shape;
    if (r.by != "host") continue;  // the engine's own
    std::printf("{\"convolution\": [%d, %d, %d, %d, %d, %d, %d, %d], \"kind\": %d, \"calls\": %ld}\n", s.n, s.h, s.w,
                s.c, s.oh, s.k, s.r, s.stride.y, static_cast<int>(r.call.kind), long{r.calls});
  }
}

Tensor filled(Shape shape, DType type) {
  std::vector<float> v(static_cast<size_t>(numel(shape)));
  for (size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(i % 17) / 8 - 1;
  return Tensor::from(std::move(shape), v, type).to(Device::cuda);
}

Tensor bars(Shape shape) {
  std::vector<uint8_t> v(static_cast<size_t>(numel(shape)));
  for (size_t i = 0; i < v.size(); ++i) v[i] = i % 10 == 0;
  return Tensor::from(std::move(shape), v).to(Device::cuda);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "Usage: emulated_launches train|predict SIDE BATCH\n");
    return 2;
  }
  const bool train = std::strcmp(argv[1], "train") == 0;
  const int side = std::atoi(argv[2]), batch = std::atoi(argv[3]);
  HostEngine engine;
  set_conv_library(&engine);
  const auto net = make_network("pp_linknet34_psp64");
  Random random(1);
  net->initialize(random);
  net->to(Device::cuda);
  const Tensor x = filled({batch, side, side, 3}, DType::bf16), target = bars({batch, side, side, 1});
  std::vector<emulate::LoggedLaunch> log;
  std::unique_ptr<Trainer> trainer;
  if (train) {
    trainer = std::make_unique<Trainer>(*net, TrainerOptions{make_loss("focal"), {}, DType::bf16});
  } else {
    net->train(false);
    const NoGrad off;
    sigmoid(net->forward(x));  // folds the norms
  }
  forget_conv_runs();
  emulate::set_launch_log(&log);
  if (train) {
    const TrainingBatch prepared{x, target, {}, target.size(), false};
    trainer->step({&prepared, 1}, 2e-4);
  } else {
    const NoGrad off;
    sigmoid(net->forward(x));
  }
  emulate::set_launch_log(nullptr);
  print(log);
}
