// Training steps: they learn, they repeat, and they go on from a checkpoint to the bit.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/ops.h"
#include "engine/schedule.h"
#include "models/inference/views.h"
#include "models/losses.h"
#include "models/metrics.h"
#include "models/networks.h"
#include "models/state_dict.h"
#include "models/training/trainer.h"

using namespace ppl;

namespace {

struct Tiles {
  Tensor images, targets;
};

// Bright bars on a noisy ground: what is foreground shows in the image.
Tiles make_tiles(int64_t n, int64_t side, uint64_t seed) {
  Random random(seed);
  Tiles t{Tensor::empty({n, side, side, 3}), Tensor::zeros({n, side, side, 1}, DType::u8)};
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = random.integer(8, side - 16), width = random.integer(4, 9);
    const bool upright = random.chance(0.5);
    for (int64_t p = 0; p < side * side; ++p) {
      const int64_t along = upright ? p % side : p / side;
      const bool foreground = along >= at && along < at + width;
      t.targets.data<uint8_t>()[i * side * side + p] = foreground;
      for (int64_t c = 0; c < 3; ++c)
        t.images.data<float>()[(i * side * side + p) * 3 + c] =
            static_cast<float>(0.4 * random.normal() + (foreground ? 1.0 : -0.5));
    }
  }
  return t;
}

std::unique_ptr<LinkNet> fresh_network(const char* name) {
  auto net = make_network(name);
  Random random(11);
  net->initialize(random);
  return net;
}

bool same_bytes(const NamedArrays& a, const NamedArrays& b) {
  if (a.arrays.size() != b.arrays.size()) return false;
  for (const auto& [name, array] : a.arrays)
    if (array.bytes != b.at(name).bytes) return false;
  return true;
}

}  // namespace

TEST_CASE("eight tiles are learnt to an IoU above 0.9") {
  for (const DType precision : {DType::f32, DType::bf16}) {
    CAPTURE(std::string(name(precision)));
    const auto net = fresh_network("pp_linknet34");
    Trainer trainer(*net, {make_loss("focal"), {}, precision});
    const Tiles t = make_tiles(8, 64, 5);
    double iou = 0;
    int steps = 0;
    for (; steps < 240 && iou <= 0.9; ++steps) {
      trainer.step(t.images, t.targets, 1e-3);
      if (steps % 20 != 19) continue;
      net->train(false);
      const NoGrad off;
      const Tensor p = probability_sum(*net, t.images, 1);
      std::vector<uint8_t> mask(static_cast<size_t>(p.size()));
      for (size_t i = 0; i < mask.size(); ++i) mask[i] = p.data<float>()[i] > 0.25f;
      Confusion pixels;
      pixels.add(mask, {t.targets.data<uint8_t>(), mask.size()});
      iou = pixels.iou();
    }
    MESSAGE(std::string(name(precision)), ": IoU ", iou, " after ", steps, " steps");
    CHECK(iou > 0.9);
  }
}

TEST_CASE("a step repeats to the bit, and a checkpoint goes on to the bit") {
  for (const char* optimizer : {"adam", "adamw", "sgd"}) {
    for (const DType precision : {DType::f32, DType::bf16}) {
      CAPTURE(optimizer);
      CAPTURE(std::string(name(precision)));
      OptimizerOptions o;
      o.name = optimizer;
      o.clip_norm = 1;
      o.weight_decay = 1e-4;
      const TrainerOptions options{make_loss("dice_focal"), o, precision};
      const Tiles t = make_tiles(2, 64, 9);
      const auto whole = fresh_network("pp_linknet34_psp64"), halves = fresh_network("pp_linknet34_psp64");
      Trainer a(*whole, options), b(*halves, options);
      for (int i = 0; i < 2; ++i) CHECK(a.step(t.images, t.targets, 1e-3) == b.step(t.images, t.targets, 1e-3));
      const NamedArrays saved = b.checkpoint();
      const auto resumed = fresh_network("pp_linknet34_psp64");
      Trainer c(*resumed, options);
      c.restore(saved);
      for (int i = 0; i < 2; ++i) CHECK(a.step(t.images, t.targets, 5e-4) == c.step(t.images, t.targets, 5e-4));
      CHECK(same_bytes(a.checkpoint(), c.checkpoint()));
    }
  }
}

TEST_CASE("each optimizer lowers the loss") {
  for (const char* optimizer : {"adam", "adamw", "sgd"}) {
    CAPTURE(optimizer);
    TrainerOptions o{make_loss("dice_bce"), {}, DType::f32};
    o.optimizer.name = optimizer;
    const auto net = fresh_network("linknet34");
    Trainer trainer(*net, o);
    const Tiles t = make_tiles(1, 32, 5);
    const double rate = o.optimizer.name == "sgd" ? 1e-2 : 1e-3;
    const float first = trainer.step(t.images, t.targets, rate);
    float last = first;
    for (int i = 0; i < 8; ++i) last = trainer.step(t.images, t.targets, rate);
    CHECK(last < 0.95f * first);
  }
}

TEST_CASE("a checkpoint of something else is refused") {
  const auto net = fresh_network("linknet34"), other = fresh_network("pp_linknet34");
  Trainer a(*net, {make_loss("bce"), {}, DType::f32}), b(*other, {make_loss("bce"), {}, DType::f32});
  CHECK_THROWS_AS(b.restore(a.checkpoint()), Error);
  CHECK_THROWS_AS(b.restore(NamedArrays{}), Error);
}

TEST_CASE("memory stays level from step to step") {
  const auto net = fresh_network("linknet34");
  Trainer trainer(*net, {make_loss("focal"), {}, DType::f32});
  const Tiles t = make_tiles(1, 32, 3);
  for (int i = 0; i < 3; ++i) trainer.step(t.images, t.targets, 1e-4);
  const size_t before = memory_use(Device::cpu).now;
  for (int i = 0; i < 40; ++i) trainer.step(t.images, t.targets, 1e-4);
  CHECK(memory_use(Device::cpu).now == before);
}

TEST_CASE("learning rates") {
  CHECK(learning_rate({}, 2e-4, 0, 90) == doctest::Approx(2e-4));
  CHECK(learning_rate({}, 2e-4, 45, 90) == doctest::Approx(2e-4 * std::pow(0.5, 0.9)));
  CHECK(learning_rate({.name = "step", .gamma = 0.1, .step_epochs = 10}, 1, 25, 90) == doctest::Approx(0.01));
  CHECK(learning_rate({.name = "cosine"}, 1, 45, 90) == doctest::Approx(0.5));
  CHECK(learning_rate({.name = "cosine", .warmup_epochs = 4}, 1, 1, 90) == doctest::Approx(0.4));
  CHECK(learning_rate({.name = "constant"}, 1, 80, 90) == 1);
  CHECK_THROWS_AS(learning_rate({.name = "pol"}, 1, 0, 1), Error);
}
