// Recorded and replayed work against the same work called each time, on Device::cuda, emulated: to the bit.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/graph.h"
#include "engine/ops.h"
#include "engine/random.h"
#include "engine/recorded_call.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/device.h"
#include "models/inference/views.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/training/trainer.h"
#include "tests/support/training/module_values.h"

using namespace ppl;

namespace {

Tensor noise(Shape shape, uint64_t seed) {
  Random random(seed);
  std::vector<float> v(static_cast<size_t>(numel(shape)));
  for (float& x : v) x = static_cast<float>(random.normal());
  return Tensor::from(std::move(shape), v);
}

void put(const Tensor& to, const Tensor& values) { to.assign(values.to_host()); }

size_t taken() { return memory_use(Device::cuda).now; }

}  // namespace

TEST_CASE("a replayed graph does what the calls did, with what its inputs hold then") {
  const Tensor x = noise({2, 4, 4, 8}, 0).to(Device::cuda);
  const Tensor weight = noise({8, 3, 3, 8}, 1).to(Device::cuda);
  Tensor y;
  int calls = 0;
  const auto work = [&] {
    ++calls;
    y = relu(conv(relu(conv(x, weight, {}, {.pad = 1})), weight, {}, {.pad = 1}));
  };
  Graph graph(Device::cuda);
  for (uint64_t i = 2; i < 8; ++i) {
    CAPTURE(i);
    put(x, noise(x.shape(), i));
    graph.run(work);
    const std::vector<float> got = y.to_host();
    CHECK(graph.recorded() == (i >= 4));  // two calls, then the one that is recorded
    const Tensor kept = y;
    work();
    CHECK(got == y.to_host());
    y = kept;
  }
  CHECK(calls == 3 + 6);
}

TEST_CASE("a graph's memory is its own until the last tensor in it is gone") {
  const size_t before = taken();
  const Tensor x = noise({1000}, 3).to(Device::cuda);
  {
    Tensor y;
    {
      Graph graph(Device::cuda);
      // Four results of which two live at a time.
      for (int i = 0; i < 4; ++i) {
        graph.run([&] { y = add(add(add(add(x, x), x), x), x); });
        const std::vector<float> kept = y.to_host();
        const Tensor others = noise({4000}, 4).to(Device::cuda);  // does not get what is free inside of the graph
        CHECK(y.to_host() == kept);
      }
      CHECK(taken() - before >= 4096 * 3);
      CHECK(taken() - before < 4096 * 5);
    }
    CHECK(y.to_host()[7] == doctest::Approx(5 * x.to_host()[7]));
    CHECK(taken() - before >= 4096 * 2);
  }
  CHECK(taken() - before == 4000);
}

TEST_CASE("scratch memory that grows after the recording leaves the graph its own") {
  CudaContext& ctx = CudaContext::current();
  const Tensor y = Tensor::zeros({64}, DType::f32, Device::cuda), one = Tensor::full({64}, 1, DType::f32, Device::cuda);
  const size_t slot = slot_lines;
  const auto work = [&] {
    float* s = ctx.scratch<float>(slot, 64);
    copy_on_device(s, y.raw(), y.bytes());
    add_into(y, one);
    copy_on_device(y.raw(), s, y.bytes());
    add_into(y, one);
  };
  Graph graph(Device::cuda);
  for (int i = 0; i < 3; ++i) graph.run(work);
  const float* used = ctx.scratch<float>(slot, 64);
  CHECK(ctx.scratch<float>(slot, 1 << 20) != used);
  const Tensor others = Tensor::full({64}, 7, DType::f32, Device::cuda);  // where the old one was, were it free
  for (int i = 0; i < 3; ++i) graph.run(work);
  CHECK(y.to_host() == std::vector<float>(64, 6.0f));
  CHECK(others.to_host() == std::vector<float>(64, 7.0f));
}

TEST_CASE("what cannot be recorded is refused, and the device goes on") {
  const Tensor x = noise({16}, 5).to(Device::cuda);
  const auto refused = [&](const std::function<void()>& work) {
    Graph graph(Device::cuda);
    graph.run(work);
    graph.run(work);
    std::string line;
    try {
      graph.run(work);
    } catch (const Error& e) {
      line = e.what();
    }
    CHECK(!graph.recorded());
    graph.run(work);  // called again
    return line;
  };
  CHECK(refused([&] { x.to_host(); }) == "cuda: a copy to the host inside of work that is recorded");
  CHECK(refused([&] { x.assign(std::vector<float>(16)); }) ==
        "cuda: a copy from the host inside of work that is recorded");
  CHECK(refused([] { cuda_synchronize(); }) == "cuda: waiting for the device inside of work that is recorded");
  CHECK(refused([&, n = size_t{0}]() mutable {
          if (n++ == 2) CudaContext::current().scratch<char>(slot_product, size_t{1} << 24);
        }) == "graph: the work needs more scratch memory while it is recorded than before");
  CHECK(refused([&, n = 0]() mutable {
          Tensor::zeros({n++ == 2 ? 1024 : 16}, DType::f32, Device::cuda);
        }).starts_with("graph: the work takes other memory while it is recorded than before"));
  Graph inner(Device::cuda);
  CHECK(refused([&] { inner.run([&] { add_into(x, x); }); }) == "graph: inside of another that is recorded");
}

TEST_CASE("work whose memory changes from call to call is never recorded") {
  Graph graph(Device::cuda);
  for (int64_t i = 1; i < 6; ++i) graph.run([&] { Tensor::zeros({100 * i}, DType::f32, Device::cuda); });
  CHECK(!graph.recorded());
}

TEST_CASE("on the CPU a graph calls its work") {
  Graph graph(Device::cpu);
  int calls = 0;
  for (int i = 0; i < 4; ++i) graph.run([&] { ++calls; });
  CHECK(calls == 4);
  CHECK(!graph.recorded());
}

TEST_CASE("a recorded call copies its inputs; others than the largest, and another state, begin anew or are called") {
  RecordedCall call(Device::cuda);
  int calls = 0;
  const auto run = [&](const Tensor& x, const Tensor& z, uint64_t state) {
    const int before = calls;
    const Tensor y = call.run({x, z}, state, [&](const std::vector<Tensor>& in) {
      ++calls;
      CHECK(in[0].device() == Device::cuda);
      return in[1].defined() ? add(in[0], in[1]) : relu(in[0]);
    });
    std::vector<float> expected = x.to_host();
    for (size_t i = 0; i < expected.size(); ++i)
      expected[i] = z.defined() ? expected[i] + z.to_host()[i] : std::max(expected[i], 0.0f);
    CHECK(y.to_host() == expected);
    CHECK(call.replayed() == (calls == before));
    return calls > before;
  };
  uint64_t seed = 10;
  const auto fresh = [&](int64_t n) { return noise({n}, ++seed); };
  for (int i = 0; i < 3; ++i) CHECK(run(fresh(8), fresh(8), 0));
  CHECK(!run(fresh(8), fresh(8).to(Device::cuda), 0));
  CHECK(run(fresh(6), fresh(6), 0));   // smaller
  CHECK(!run(fresh(8), fresh(8), 0));  // still there
  CHECK(run(fresh(8), {}, 0));
  for (int i = 0; i < 3; ++i) CHECK(run(fresh(20), {}, 0));  // larger
  CHECK(!run(fresh(20), {}, 0));
  CHECK(run(fresh(20), {}, 1));  // another state
}

namespace {

std::unique_ptr<LinkNet> network(Device device) {
  auto net = make_network("linknet34", 3, 1);
  Random random(1);
  net->initialize(random);
  net->to(device);
  return net;
}

Tensor mask(uint64_t seed, const Shape& shape) {
  Random random(seed);
  std::vector<uint8_t> v(static_cast<size_t>(numel(shape)));
  for (uint8_t& x : v) x = random.uniform() < 0.1 ? 255 : random.uniform() < 0.3;
  return Tensor::from(shape, v);
}

}  // namespace

// Another batch and another rate each time; one, replayed, is no number.
TEST_CASE("training with graphs is training without, to the bit") {
  TrainerOptions o{make_loss("dice_focal"), {}};
  const auto a = network(Device::cuda), b = network(Device::cuda);
  Trainer eager(*a, o);
  o.graph = true;
  Trainer recorded(*b, o);
  for (uint64_t step = 0; step < 5; ++step) {
    CAPTURE(step);
    Tensor x = noise({1, 32, 32, 3}, 100 + step);
    if (step == 3) x.data<float>()[5] = std::nanf("");
    const Tensor target = mask(200 + step, {1, 32, 32, 1});
    const double rate = 1e-3 / static_cast<double>(1 + step);
    const float expected = eager.step(x, target, rate), got = recorded.step(x, target, rate);
    CHECK(std::isnan(expected) == (step == 3));
    CHECK((got == expected || (std::isnan(got) && std::isnan(expected))));
    CHECK(test::values_of(*b) == test::values_of(*a));
  }
}

TEST_CASE("prediction with a graph is prediction without, to the bit, and follows the weights") {
  const auto net = network(Device::cuda);
  net->train(false);
  RepeatedViews views(*net, 1, true);
  for (uint64_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    if (i == 4) {
      const Tensor w = net->entries()[0].tensor;
      w.assign(noise(w.shape(), 300).to_host());
      w.touch();
    }
    const Tensor x = noise({1, 32, 20, 3}, 310 + i);
    CHECK(views.probability_sum(x).to_host() == probability_sum(*net, x, 1).to_host());
  }
}
