// Ranks that train on Device::cuda, emulated, under mpirun: the sums of gradients are those of the CPU's ranks to the
// bit, whatever carries them, and steps are the CPU's.
#include <doctest/doctest.h>

#include "engine/communication/gradient_buckets.h"
#include "kernels/cuda/device.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/training/trainer.h"
#include "tests/support/compare.h"
#include "tests/support/op_case.h"
#include "tests/support/training/ranks_main.h"

using namespace ppl;

namespace {

std::vector<float> noise(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = static_cast<float>(random.normal());
  return v;
}

struct Parameters : Module {
  std::vector<Tensor> all;

  explicit Parameters(Device device) {
    for (const int64_t n : {300, 5, 4097, 1, 1000}) all.push_back(parameter(cat("p", n), {n}));
    to(device);
  }
};

// The gradients after a step whose loss is each parameter times this rank's numbers; the last one has no part in it.
std::vector<float> summed(Communication& ranks, Device device, Wire wire) {
  const Parameters p(device);
  const Arena arena(p);
  GradientBuckets buckets(arena, ranks, wire, 1200);
  for (int step = 0; step < 2; ++step) {
    arena.clear_gradients();
    buckets.begin();
    for (size_t i = 0; i + 1 < p.all.size(); ++i) {
      const uint64_t seed = 100 * i + static_cast<uint64_t>(10 * ranks.rank() + step);
      weighted_sum(p.all[i], noise(p.all[i].size(), seed)).backward();
    }
    buckets.finish();
  }
  return arena.gradients.to_host();
}

struct Trained {
  std::vector<float> weights, moved;
  float loss;
};

Trained train(Communication& ranks, Device device, Wire wire) {
  auto net = make_network("linknet34", 3, 1);
  Random random(1);
  net->initialize(random);
  net->to(device);
  const auto weights = [&] {
    std::vector<float> all;
    for (const Module::Entry& e : net->entries()) {
      const std::vector<float> v = e.tensor.to_host();
      all.insert(all.end(), v.begin(), v.end());
    }
    return all;
  };
  TrainerOptions o{make_loss("dice_focal"), {}, DType::f32};
  o.optimizer.name = "sgd";
  o.ranks = {.communication = &ranks, .wire = wire, .sync_norm = true};
  Trainer trainer(*net, o);
  const Tensor x = Tensor::from({1, 64, 32, 3}, noise(64 * 32 * 3, static_cast<uint64_t>(ranks.rank())));
  std::vector<uint8_t> bars(64 * 32);
  for (size_t i = 0; i < bars.size(); ++i) bars[i] = i % 32 > 10 + static_cast<size_t>(ranks.rank()) * 9;
  const Tensor targets = Tensor::from({1, 64, 32, 1}, bars);
  Trained t{weights(), {}, 0};
  t.moved = t.weights;
  t.loss = trainer.step(x, targets, 1e-2);
  trainer.share_statistics();
  t.weights = weights();
  for (size_t i = 0; i < t.moved.size(); ++i) t.moved[i] = t.weights[i] - t.moved[i];
  return t;
}

// Whether all ranks hold the same.
bool same_everywhere(const std::vector<float>& v) {
  std::vector<float> of_first = v;
  all_ranks().broadcast(of_first);
  double different = v == of_first ? 0 : 1;
  all_ranks().all_reduce({&different, 1});
  return different == 0;
}

}  // namespace

TEST_CASE("sums of gradients on devices are those on the CPU, to the bit") {
  const auto staged = all_reduce_through_host(all_ranks()),
             carried = all_reduce_on_devices(all_ranks(), rank_options());
  for (const Wire wire : {Wire::f32, Wire::bf16}) {
    CAPTURE(static_cast<int>(wire));
    const std::vector<float> expected = summed(all_ranks(), Device::cpu, wire);
    CHECK(same_everywhere(expected));
    CHECK(summed(*staged, Device::cuda, wire) == expected);
    CHECK(summed(*carried, Device::cuda, wire) == expected);
  }
}

TEST_CASE("a step of ranks on devices is that of ranks on the CPU") {
  const auto staged = all_reduce_through_host(all_ranks()),
             carried = all_reduce_on_devices(all_ranks(), rank_options());
  const Trained expected = train(all_ranks(), Device::cpu, Wire::f32), a = train(*staged, Device::cuda, Wire::f32),
                b = train(*carried, Device::cuda, Wire::f32);
  CHECK(same_everywhere(a.weights));
  CHECK(a.weights == b.weights);
  CHECK(a.loss == b.loss);
  CHECK(a.loss == doctest::Approx(expected.loss).epsilon(1e-5));
  CHECK(compare(a.moved, expected.moved).error < 2e-3);  // as in emulated_train_test
}

TEST_CASE("a device of another number than the one in use is refused") {
  CHECK(cuda_device_count() > 1);
  cuda_device_name();
  CHECK_NOTHROW(choose_cuda_device(0));
  CHECK_THROWS_WITH_AS(choose_cuda_device(1), "cuda: device 0 is in use already, not 1", Error);
  CHECK_THROWS_AS(choose_cuda_device(cuda_device_count()), Error);
}
