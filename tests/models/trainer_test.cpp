// What a step may be told beside batch and rate: parts of a batch, a frozen encoder, weights of pixels, an average.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "engine/ops.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/state_dict.h"
#include "models/training/trainer.h"

using namespace ppl;

namespace {

// The same weights each time.
std::unique_ptr<LinkNet> fresh_network() {
  static const std::unique_ptr<LinkNet> first = [] {
    auto net = make_network("pp_linknet34");
    Random random(11);
    net->initialize(random);
    return net;
  }();
  auto net = make_network("pp_linknet34");
  const auto from = first->entries(), to = net->entries();
  for (size_t i = 0; i < to.size(); ++i) copy_into(to[i].tensor, from[i].tensor);
  return net;
}

Tensor noise(const Shape& shape, uint64_t seed) {
  Random random(seed);
  const Tensor t = Tensor::empty(shape);
  for (int64_t i = 0; i < t.size(); ++i) t.data<float>()[i] = static_cast<float>(random.normal());
  return t;
}

// ignored: every so many pixels are not counted (0: none).
Tensor mask(const Shape& shape, uint64_t seed, int64_t ignored) {
  Random random(seed);
  const Tensor t = Tensor::empty(shape, DType::u8);
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<uint8_t>()[i] = ignored > 0 && i % ignored == 0 ? 255 : static_cast<uint8_t>(random.integer(0, 1));
  return t;
}

TrainingBatch batch_of(const Tensor& images, const Tensor& targets) {
  int64_t valid = 0;
  for (int64_t i = 0; i < targets.size(); ++i) valid += targets.data<uint8_t>()[i] != 255;
  return {images, targets, {}, valid, false};
}

// Two tensors of equal shape, one after the other along the first extent.
Tensor joined(const Tensor& a, const Tensor& b) {
  Shape shape = a.shape();
  shape[0] += b.dim(0);
  const Tensor both = Tensor::empty(shape, a.dtype());
  std::memcpy(both.raw(), a.raw(), a.bytes());
  std::memcpy(static_cast<std::byte*>(both.raw()) + a.bytes(), b.raw(), b.bytes());
  return both;
}

double difference(const Module& a, const Module& b) {
  double off = 0, norm = 0;
  const auto x = a.parameters(), y = b.parameters();
  for (size_t i = 0; i < x.size(); ++i) {
    const auto u = x[i].tensor.to_host(), v = y[i].tensor.to_host();
    for (size_t k = 0; k < u.size(); ++k) off += std::pow(u[k] - v[k], 2), norm += std::pow(v[k], 2);
  }
  return std::sqrt(off / norm);
}

}  // namespace

TEST_CASE("parts of a batch add up to the whole, also where they count unlike numbers of pixels") {
  for (const char* loss : {"focal", "dice_focal", "dice_bce"}) {
    CAPTURE(loss);
    OptimizerOptions o;
    o.name = "sgd";
    const TrainerOptions options{make_loss(loss), o};
    // The same image in both parts, so that batch norm sees the same statistics.
    const Tensor image = noise({1, 128, 128, 3}, 1);
    const Tensor few = mask({1, 128, 128, 1}, 2, 2), all = mask({1, 128, 128, 1}, 3, 0);
    const auto whole = fresh_network(), swapped = fresh_network(), parts = fresh_network(), start = fresh_network();
    Trainer a(*whole, options), b(*swapped, options), c(*parts, options);
    const TrainingBatch both[] = {batch_of(image, few), batch_of(image, all)};
    const TrainingBatch one[] = {batch_of(joined(image, image), joined(few, all))};
    const TrainingBatch other[] = {batch_of(joined(image, image), joined(all, few))};
    const float expected = a.step(one, 0.1);
    b.step(other, 0.1);
    CHECK(c.step(both, 0.1) == doctest::Approx(expected).epsilon(1e-6));
    const double moved = difference(*whole, *start), off = difference(*parts, *whole);
    MESSAGE("off by ", off / moved, " of the step; another order of the tiles gives ",
            difference(*swapped, *whole) / moved);
    CHECK(moved > 1e-4);
    CHECK(off < 2e-5 * moved);
  }
}

TEST_CASE("gradient descent goes down the gradient") {
  OptimizerOptions o;
  o.name = "sgd";
  const auto net = fresh_network();
  Trainer trainer(*net, {make_loss("bce"), o});
  const Tensor images = noise({1, 64, 64, 3}, 1), targets = mask({1, 64, 64, 1}, 2, 0);
  const float first = trainer.step(images, targets, 0.05);
  for (int i = 0; i < 3; ++i) trainer.step(images, targets, 0.05);
  CHECK(trainer.step(images, targets, 0.05) < first);
}

TEST_CASE("a frozen encoder stays to the bit, and starts as a fresh one when it is let go") {
  const auto net = fresh_network(), start = fresh_network();
  OptimizerOptions o;
  o.weight_decay = 1e-2;
  Trainer trainer(*net, {make_loss("focal"), o});
  const Tensor images = noise({1, 64, 64, 3}, 1), targets = mask({1, 64, 64, 1}, 2, 0);
  const auto moved = [&](const std::string& name) {
    for (const Module::Entry& e : net->parameters()) {
      if (e.name != name) continue;
      for (const Module::Entry& s : start->parameters())
        if (s.name == name) return std::abs(e.tensor.to_host()[5] - s.tensor.to_host()[5]);
    }
    throw Error("no parameter " + name);
  };
  trainer.freeze_encoder(true);
  for (int i = 0; i < 3; ++i) trainer.step(images, targets, 1e-3);
  for (const char* name : {"firstconv.weight", "firstbn.bias", "encoder1.0.conv1.weight", "encoder4.2.bn2.weight"})
    CHECK(moved(name) == 0);
  CHECK(moved("decoder4.conv1.weight") > 0);
  const NamedArrays saved = trainer.checkpoint();
  trainer.freeze_encoder(false);
  trainer.step(images, targets, 1e-3);
  // Adam's first step is as long as the rate; with the moments' bias corrected for four steps it would be longer.
  CHECK(moved("encoder1.0.conv1.weight") == doctest::Approx(1e-3).epsilon(0.01));

  const auto resumed = fresh_network();
  Trainer again(*resumed, {make_loss("focal"), o});
  again.restore(saved);
  again.step(images, targets, 1e-3);
  CHECK(difference(*resumed, *net) == 0);
}

TEST_CASE("a moving average: its values, in the network and back, and in a checkpoint") {
  const auto net = fresh_network(), other = fresh_network();
  TrainerOptions options{make_loss("focal"), {}};
  options.ema_decay = 0.9;
  Trainer trainer(*net, options);
  const auto value = [](const LinkNet& n) { return n.parameters()[0].tensor.to_host()[7]; };
  const auto statistic = [](const LinkNet& n) {
    for (const Module::Entry& e : n.entries())
      if (e.name == "firstbn.running_mean") return e.tensor.to_host()[3];
    throw Error("no firstbn.running_mean");
  };
  double mean = value(*net), running = statistic(*net);
  const Tensor images = noise({1, 64, 64, 3}, 1), targets = mask({1, 64, 64, 1}, 2, 0);
  for (int step = 1; step <= 4; ++step) {
    trainer.step(images, targets, 1e-2);
    const double share = 1 - std::min(0.9, step / (step + 9.0));
    mean += share * (value(*net) - mean);
    running += share * (statistic(*net) - running);
  }
  const float before = value(*net);
  {
    const UseEma use(*trainer.average());
    CHECK(value(*net) == doctest::Approx(mean).epsilon(1e-6));
    CHECK(statistic(*net) == doctest::Approx(running).epsilon(1e-5));
    CHECK(value(*net) != before);
  }
  CHECK(value(*net) == before);

  Trainer resumed(*other, options);
  resumed.restore(trainer.checkpoint());
  trainer.step(images, targets, 1e-2);
  resumed.step(images, targets, 1e-2);
  const UseEma a(*trainer.average()), b(*resumed.average());
  CHECK(value(*net) == value(*other));
  CHECK(statistic(*net) == statistic(*other));
}

TEST_CASE("a loss that is not finite changes nothing") {
  const auto net = fresh_network();
  Trainer trainer(*net, {make_loss("focal"), {}});
  const Tensor images = noise({1, 64, 64, 3}, 1), targets = mask({1, 64, 64, 1}, 2, 0);
  trainer.step(images, targets, 1e-3);
  const auto saved = trainer.checkpoint();
  const Tensor bad = noise({1, 64, 64, 3}, 1);
  bad.data<float>()[100] = std::numeric_limits<float>::quiet_NaN();
  CHECK(!std::isfinite(trainer.step(bad, targets, 1e-3)));
  const auto after = trainer.checkpoint();
  for (const auto& [name, array] : saved.arrays) CHECK(array.bytes == after.at(name).bytes);
  CHECK(saved.metadata == after.metadata);
  CHECK(std::isfinite(trainer.step(images, targets, 1e-3)));
}

TEST_CASE("a gradient that is not finite though the loss is changes nothing either") {
  const auto net = fresh_network();
  for (const Module::Entry& e : net->parameters()) {
    const bool small = e.name == "finaldeconv1.weight" || e.name == "finaldeconv1.bias";
    const bool large = e.name == "finalconv2.weight" || e.name == "finalconv3.weight";
    if (!small && !large) continue;
    std::vector<float> values = e.tensor.to_host();
    for (float& v : values) v *= small ? 1e-20f : 1e20f;  // logits stay below 1e22, gradients on their way pass 1e38
    e.tensor.assign(values);
    e.tensor.touch();
  }
  Trainer trainer(*net, {make_loss("bce"), {}});
  const auto saved = trainer.checkpoint();
  const Tensor images = noise({1, 64, 64, 3}, 1), targets = mask({1, 64, 64, 1}, 2, 0);
  CHECK(!std::isfinite(trainer.step(images, targets, 1e-3)));
  CHECK(trainer.not_finite() == "gradient");
  const auto after = trainer.checkpoint();
  for (const auto& [name, array] : saved.arrays) CHECK(array.bytes == after.at(name).bytes);
}

TEST_CASE("weights of pixels: as PyTorch's, against plain sums in f64") {
  for (const float gamma : {0.5f, 2.0f}) {
    PixelLoss o;
    o.focal = 5;
    o.bce = 0.5f;
    o.gamma = gamma;
    const Shape shape{2, 9, 7, 3};
    const Tensor x = noise(shape, 4), t = mask(shape, 5, 7), w = noise(shape, 6);
    for (int64_t i = 0; i < w.size(); ++i) w.data<float>()[i] = std::abs(w.data<float>()[i]);
    x.set_requires_grad();
    const Tensor loss = pixel_loss(x, t, o, w);
    loss.backward();
    const std::vector<float> gradient = x.grad().to_host();
    double expected = 0, off = 0, norm = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < t.size(); ++i) count += t.data<uint8_t>()[i] != 255;
    for (int64_t i = 0; i < t.size(); ++i) {
      double slope = 0;
      if (const int target = t.data<uint8_t>()[i]; target != 255) {
        const double p = 1 / (1 + std::exp(-static_cast<double>(x.data<float>()[i]))), pt = target ? p : 1 - p;
        const double weight = w.data<float>()[i] * (0.5 + 5 * (target ? 0.25 : 0.75) * std::pow(1 - pt, gamma)) /
                              static_cast<double>(count);
        expected -= weight * std::log(pt);
        slope = weight * (p - target);
      }
      off += std::pow(gradient[static_cast<size_t>(i)] - slope, 2), norm += slope * slope;
    }
    CHECK(loss.item() == doctest::Approx(expected).epsilon(1e-6));
    CHECK(std::sqrt(off / norm) < 1e-6);
  }
  CHECK_THROWS_AS(pixel_loss(noise({1, 2, 2, 1}, 1), mask({1, 2, 2, 1}, 1, 0), {}, noise({1, 2, 2, 2}, 1)), Error);
}

TEST_CASE("a network that nobody initialised is refused, whatever it is asked for") {
  const auto net = make_network("linknet34");
  const Tensor images = noise({1, 64, 64, 3}, 1), targets = mask({1, 64, 64, 1}, 2, 0);
  CHECK_THROWS_WITH_AS(net->forward(images), doctest::Contains("initialize(random)"), Error);
  Trainer trainer(*net, {make_loss("bce"), {}});
  CHECK_THROWS_WITH_AS(trainer.step(images, targets, 1e-3), doctest::Contains("initialize(random)"), Error);
  net->train(false);
  CHECK_THROWS_WITH_AS(net->forward(images), doctest::Contains("initialize(random)"), Error);
  Random random(1);
  net->initialize(random);
  CHECK_NOTHROW(net->forward(images));
}

TEST_CASE("any module: its own forward pass, and which parameters are the encoder's") {
  struct Small : Module {
    Conv2d encoder{1, 4, 3, {.pad = 1}}, last{4, 1, 1, {}};
    Small() {
      child("encoder", encoder);
      child("last", last);
      Random random(3);
      initialize(random);
    }
  } small, plain;
  const auto forward = [](const Small& m) {
    return [&m](const Tensor& x) { return m.last.forward(m.encoder.forward(x, true)); };
  };
  const TrainerOptions options{make_loss("bce"), {}};
  Trainer with(small, forward(small), options, [](const std::string& name) { return name.starts_with("encoder"); });
  Trainer without(plain, forward(plain), options);
  const Tensor images = noise({1, 16, 16, 1}, 1), targets = mask({1, 16, 16, 1}, 2, 0);
  CHECK_THROWS_WITH_AS(without.freeze_encoder(true), doctest::Contains("encoder"), Error);
  with.freeze_encoder(true);
  const std::vector<float> encoder = small.encoder.weight.to_host(), last = small.last.weight.to_host();
  const float first = with.step(images, targets, 0.05);
  CHECK(without.step(images, targets, 0.05) == first);
  CHECK(small.encoder.weight.to_host() == encoder);
  CHECK(small.last.weight.to_host() != last);
  CHECK(plain.encoder.weight.to_host() != encoder);
  // An encoder behind other parameters could not be left out of a step.
  const auto misplaced = [](const std::string& name) { return name.starts_with("last"); };
  CHECK_THROWS_WITH_AS(Trainer(small, forward(small), options, misplaced), doctest::Contains("must come first"), Error);
}
