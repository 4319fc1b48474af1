// The tape: sharing, accumulation, hooks, when memory is freed, no leaks.
#include <doctest/doctest.h>

#include "engine/ops.h"

using namespace ppl;

namespace {

Tensor leaf(Shape shape, float value) {
  Tensor t = Tensor::full(std::move(shape), value);
  t.set_requires_grad();
  return t;
}

Tensor total(const Tensor& y) {
  double sum = 0;
  for (const float v : y.to_host()) sum += v;
  return record(
      "total", {y}, Tensor::full({1}, static_cast<float>(sum)),
      [shape = y.shape()](const Tensor& dy) -> std::vector<Tensor> { return {Tensor::full(shape, dy.item())}; });
}

}  // namespace

TEST_CASE("a value used several times gets the sum of its gradients") {
  const Tensor x = leaf({1, 2, 2, 3}, 1.5f);
  const Tensor y = relu(x);
  total(add(add(y, y), add(y, x))).backward();
  for (const float g : x.grad().to_host()) CHECK(g == 4.0f);
}

TEST_CASE("one gradient shared by two inputs is not changed through one of them") {
  const Tensor a = leaf({1, 1, 1, 4}, 1), b = leaf({1, 1, 1, 4}, 2);
  const Tensor s = add(a, b);         // backward hands dy to both
  total(add(s, relu(a))).backward();  // and a gets more
  for (const float g : a.grad().to_host()) CHECK(g == 2.0f);
  for (const float g : b.grad().to_host()) CHECK(g == 1.0f);
}

TEST_CASE("gradients of a second backward are added to those of the first") {
  const Tensor x = leaf({1, 1, 2, 3}, 1);
  total(relu(x)).backward();
  total(add(x, x)).backward();
  for (const float g : x.grad().to_host()) CHECK(g == 3.0f);
  x.clear_grad();
  total(x).backward();
  for (const float g : x.grad().to_host()) CHECK(g == 1.0f);
}

TEST_CASE("nothing is recorded without gradients") {
  const Tensor x = leaf({1, 1, 1, 3}, 1);
  {
    const NoGrad off;
    CHECK_FALSE(relu(x).requires_grad());
  }
  CHECK(relu(x).requires_grad());
  CHECK_FALSE(relu(Tensor::full({1, 1, 1, 3}, 1)).requires_grad());
  CHECK_THROWS_AS(total(Tensor::full({1}, 1)).backward(), Error);
  CHECK_THROWS_AS(relu(x).backward(), Error);
}

TEST_CASE("a long chain needs no recursion") {
  const Tensor x = leaf({1}, 1);
  Tensor y = x;
  const Tensor zero = Tensor::full({1}, 0);
  for (int i = 0; i < 200000; ++i) y = add(y, zero);
  y.backward();
  CHECK(x.grad().item() == 1.0f);
}

TEST_CASE("the hook sees each leaf once, with its whole gradient, the last used first") {
  const Tensor a = leaf({1, 1, 1, 2}, 1), b = leaf({1, 1, 1, 2}, 1);
  std::vector<std::pair<void*, float>> seen;
  on_gradient_complete([&](const Tensor& t) { seen.emplace_back(t.raw(), t.grad().to_host()[0]); });
  const Tensor early = relu(a);
  total(add(add(early, a), relu(b))).backward();
  on_gradient_complete({});
  REQUIRE(seen.size() == 2);
  CHECK(seen[0] == std::pair<void*, float>(b.raw(), 1.0f));
  CHECK(seen[1] == std::pair<void*, float>(a.raw(), 2.0f));
}

TEST_CASE("gradients land in the arena, from one op or from several") {
  const Tensor arena = Tensor::zeros({5}), grads = Tensor::full({5}, -1);
  const Tensor w = leaf({1, 1, 1, 2}, 3), v = leaf({1, 1, 1, 3}, 2);
  w.use_memory(arena, 0, grads);
  v.use_memory(arena, 2, grads);
  CHECK(arena.to_host() == std::vector<float>{3, 3, 2, 2, 2});
  const Tensor x = Tensor::from({1, 1, 2, 2}, std::vector<float>{1, 2, 3, 4});
  const Tensor once = conv(x, w, {}, {});
  total(add(total(conv(x, w, {}, {})), add(total(once), add(total(v), total(v))))).backward();
  CHECK(grads.to_host() == std::vector<float>{8, 12, 2, 2, 2});
  CHECK(w.grad().same_storage(grads));
}

TEST_CASE("saved maps are freed while backward runs") {
  const Tensor x = leaf({1, 64, 64, 16}, 1);
  const size_t map = x.bytes(), before = memory_use(Device::cpu).now;
  Tensor y = x;
  for (int i = 0; i < 20; ++i) y = sigmoid(y);
  Tensor loss = total(y);
  y = {};
  CHECK(memory_use(Device::cpu).now >= before + 20 * map);
  reset_peak_memory(Device::cpu);
  loss.backward();
  CHECK(memory_use(Device::cpu).peak <= before + 23 * map);
  loss = {};
  CHECK(memory_use(Device::cpu).now <= before + map + 4096);
}

TEST_CASE("an unfinished tape is freed with its last handle, also by ops that keep their own result") {
  const Tensor x = leaf({1, 8, 8, 16}, 1), w = leaf({16, 1, 1, 16}, 1), c = leaf({16}, 1);
  const NormTensors norm{c, c, Tensor::zeros({16}), Tensor::full({16}, 1), {}};
  const Tensor stage = leaf({4, 1, 1, 16}, 1), bottleneck = leaf({16, 1, 1, 32}, 1);
  const std::vector<std::function<Tensor()>> ops = {
      [&] { return relu(x); },
      [&] { return sigmoid(x); },
      [&] { return conv(x, w, {}, {}, true); },
      [&] { return conv_transpose(x, w, {}, {}, true); },
      [&] { return batch_norm(x, norm, {.relu = true, .residual = Residual::before_relu}, x); },
      [&] {
        return pyramid_pool(x, {stage, stage, stage, stage}, bottleneck, c);
      },
  };
  for (const auto& op : ops) {
    const size_t before = memory_use(Device::cpu).now;
    CHECK(op().requires_grad());
    CHECK(memory_use(Device::cpu).now == before);
  }
}

TEST_CASE("1000 steps take no more memory than 10") {
  const int64_t c = 16;
  const Tensor w = leaf({c, 3, 3, c}, 0.01f), bias = leaf({c}, 0), gamma = leaf({c}, 1), beta = leaf({c}, 0);
  const Tensor mean = Tensor::zeros({c}), variance = Tensor::full({c}, 1);
  const Tensor head = leaf({1, 1, 1, c}, 0.1f), head_bias = leaf({1}, 0);
  const Tensor x = Tensor::full({1, 8, 8, c}, 0.5f);
  const Tensor target = Tensor::from({1, 4, 4, 1}, std::vector<uint8_t>(16, 1));
  size_t early = 0;
  for (int step = 0; step < 1000; ++step) {
    for (const Tensor& p : {w, bias, gamma, beta, head, head_bias}) p.clear_grad();
    const Tensor y = batch_norm(conv(x, w, {}, {1, 1}), {gamma, beta, mean, variance, bias}, {.relu = true});
    pixel_loss(conv(max_pool(add(y, x), 3, 2, 1), head, head_bias, {}), target, {.focal = 1}).backward();
    if (step == 10) {
      early = memory_use(Device::cpu).now;
      reset_peak_memory(Device::cpu);
    }
  }
  CHECK(memory_use(Device::cpu).now <= early);
  CHECK(memory_use(Device::cpu).peak < early + (size_t{1} << 20));
}
