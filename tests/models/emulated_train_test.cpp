// Training steps and prediction of a whole network on Device::cuda, emulated, against the CPU.
#include <doctest/doctest.h>

#include "engine/ops.h"
#include "kernels/cpu/context.h"
#include "kernels/emulate/runtime.h"
#include "kernels/lerp.h"
#include "models/inference/views.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/state_dict.h"
#include "models/training/trainer.h"
#include "tests/support/compare.h"
#include "tests/support/training/module_values.h"

using namespace ppl;

namespace {

std::unique_ptr<LinkNet> network(const char* name, Device device) {
  auto net = make_network(name, 3, 1);
  Random random(1);
  net->initialize(random);
  net->to(device);
  return net;
}

Tensor noise(Shape shape) {
  Random random(2);
  std::vector<float> v(static_cast<size_t>(numel(shape)));
  for (float& x : v) x = static_cast<float>(random.normal());
  return Tensor::from(std::move(shape), v);
}

Tensor bars() {
  std::vector<uint8_t> v(64 * 64);
  for (size_t i = 0; i < v.size(); ++i) v[i] = i % 97 == 0 ? 255 : i % 64 > 25;
  return Tensor::from({1, 64, 64, 1}, v);
}

}  // namespace

// With SGD: the first step of Adam is the gradient's sign, which rounding decides where the gradient is small.
TEST_CASE("training steps are those of the CPU") {
  TrainerOptions o{make_loss("dice_focal"), {}, DType::f32};
  o.optimizer.name = "sgd";
  o.optimizer.clip_norm = 1;
  const auto here = network("pp_linknet34", Device::cpu), there = network("pp_linknet34", Device::cuda);
  const std::vector<float> before = test::values_of(*here);
  CHECK(test::values_of(*there) == before);
  Trainer a(*here, o), b(*there, o);
  CHECK(there->device() == Device::cuda);
  // 64x64, so that the deepest map has four pixels: the norm of a single one answers to rounding alone.
  const Tensor x = noise({1, 64, 64, 3}), target = bars();
  CHECK(b.step(x, target, 1e-2) == doctest::Approx(a.step(x, target, 1e-2)).epsilon(1e-5));
  std::vector<float> moved = test::values_of(*here), found = test::values_of(*there);
  for (size_t i = 0; i < before.size(); ++i) moved[i] -= before[i], found[i] -= before[i];
  CHECK(compare(found, moved).error < 2e-3);  // a change of one ulp in weights and input moves gradients by 6e-4
  CHECK(memory_use(Device::cuda).peak > memory_use(Device::cuda).now);

  const auto resumed = network("pp_linknet34", Device::cuda);
  Trainer c(*resumed, o);
  c.restore(b.checkpoint());
  CHECK(test::values_of(*resumed) == test::values_of(*there));
}

TEST_CASE("weights of pixels reach the step, and the average moves as lerp says") {
  TrainerOptions o{make_loss("dice_focal"), {}, DType::f32};
  o.optimizer.name = "sgd";
  o.ema_decay = 0.9;
  const auto here = network("linknet34", Device::cpu), there = network("linknet34", Device::cuda);
  const std::vector<float> before = test::values_of(*here);
  Trainer a(*here, o), b(*there, o);
  TrainingBatch batch{noise({1, 64, 64, 3}), bars(), noise({1, 64, 64, 1}), 0, false};
  for (int64_t i = 0; i < batch.weights.size(); ++i) batch.weights.data<float>()[i] *= batch.weights.data<float>()[i];
  const float loss = a.step({&batch, 1}, 1e-2);
  CHECK(b.step({&batch, 1}, 1e-2) == doctest::Approx(loss).epsilon(1e-5));
  std::vector<float> found = test::values_of(*there), moved = test::values_of(*here), average = before;
  lerp(CpuContext::current(), static_cast<int64_t>(average.size()), 0.9f, found.data(), average.data());
  {
    const UseEma use(*b.average());
    CHECK(test::values_of(*there) == average);
  }
  CHECK(test::values_of(*there) == found);
  for (size_t i = 0; i < before.size(); ++i) moved[i] -= before[i], found[i] -= before[i];
  CHECK(compare(found, moved).error < 2e-3);

  const auto resumed = network("linknet34", Device::cuda);
  Trainer c(*resumed, o);
  c.restore(b.checkpoint());
  const UseEma use(*c.average());
  CHECK(test::values_of(*resumed) == average);
  batch.weights = {};
  CHECK(a.step({&batch, 1}, 0) != doctest::Approx(loss).epsilon(1e-3));
}

TEST_CASE("a step waits for the device once, and one that is not finite changes nothing") {
  TrainerOptions o{make_loss("dice_focal"), {}, DType::f32};
  o.optimizer.clip_norm = 1;
  o.ema_decay = 0.9;
  const auto net = network("pp_linknet34", Device::cuda);
  Trainer trainer(*net, o);
  const TrainingBatch part{noise({1, 32, 32, 3}), Tensor::zeros({1, 32, 32, 1}, DType::u8), {}, 32 * 32, false};
  const TrainingBatch parts[] = {part, part};
  trainer.step(parts, 1e-3);
  const int64_t before = emulated_synchronizations();
  CHECK(std::isfinite(trainer.step(parts, 1e-3)));
  CHECK(emulated_synchronizations() == before + 1);

  const NamedArrays saved = trainer.checkpoint();
  part.images.data<float>()[100] = std::numeric_limits<float>::quiet_NaN();
  CHECK(!std::isfinite(trainer.step(parts, 1e-3)));
  const NamedArrays after = trainer.checkpoint();
  for (const auto& [name, array] : saved.arrays) CHECK(array.bytes == after.at(name).bytes);
  CHECK(saved.metadata == after.metadata);
}

TEST_CASE("prediction is that of the CPU") {
  const auto here = network("linknet34", Device::cpu), there = network("linknet34", Device::cuda);
  here->train(false);
  there->train(false);
  const Tensor x = noise({1, 33, 30, 3});
  const std::vector<float> expected = probability_sum(*here, x, 1).to_host();
  const Tensor got = probability_sum(*there, x, 1);  // takes it there
  CHECK(got.device() == Device::cuda);
  CHECK(compare(got.to_host(), expected).error < 1e-5);
}

TEST_CASE("tensors go there and back") {
  const Tensor x = noise({2, 3}), y = x.to(Device::cuda);
  CHECK(y.to_host() == x.to_host());
  CHECK(y.to(Device::cpu).to_host() == x.to_host());
  CHECK(y.to(Device::cuda).same_storage(y));
  CHECK(Tensor::zeros({5}, DType::bf16, Device::cuda).to_host() == std::vector<float>(5, 0.0f));
  CHECK(Tensor::full({3}, 2.5f, DType::bf16, Device::cuda).to_host() == std::vector<float>(3, 2.5f));
  y.assign({1, 2, 3, 4, 5, 6});
  CHECK(y.to_host()[5] == 6);
  CHECK_THROWS_AS(y.assign({1}), Error);
  CHECK_THROWS_AS(add(x, y), Error);
}
