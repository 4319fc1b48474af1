// Prediction with batches under way on Device::cuda, emulated, with late streams: against one batch at a time, to the
// bit, and against the CPU. (Also compiled for a device: cuda_batches_test.)
#include <doctest/doctest.h>

#include "engine/ops.h"
#include "models/inference/mean_probability.h"
#include "models/networks.h"
#include "tests/support/compare.h"
#include "tests/support/device/late_streams.h"
#include "tests/support/training/made_batches.h"

using namespace ppl;

namespace {

using Tables = std::vector<std::array<float, 256>>;

Tables tables(uint64_t seed) {
  Random random(seed);
  Tables t(3);
  for (auto& table : t)
    for (float& v : table) v = static_cast<float>(random.normal());
  return t;
}

// Two networks and their shares.
struct Networks {
  std::unique_ptr<LinkNet> a, b;

  explicit Networks(Device device) : a(make(device, 1)), b(make(device, 2)) {}
  static std::unique_ptr<LinkNet> make(Device device, uint64_t seed) {
    auto net = make_network("linknet34", 3, 1);
    Random random(seed);
    net->initialize(random);
    for (const Module::Entry& e : net->entries())  // random weights alone give logits of nearly zero
      for (int64_t i = 0; e.name == "finalconv3.weight" && i < e.tensor.size(); ++i) e.tensor.data<float>()[i] *= 100;
    net->train(false);
    net->to(device);
    return net;
  }
  std::vector<MeanProbability::Member> members() const {
    return {{a.get(), 0.7, tables(1)}, {b.get(), 0.3, tables(2)}};
  }
  MeanProbability prediction(DType precision = DType::f32) const { return {members(), 1, precision, false}; }
  // Made once.
  static const Networks& on(Device device) {
    static const Networks here(Device::cpu), there(Device::cuda);
    return device == Device::cpu ? here : there;
  }
  MeanProbability with_graph() const { return {{members()[0]}, 1, DType::f32, true}; }
};

// Each is begun before the one before it is finished, and goes when it was begun.
void check_ahead(MeanProbability& p, const std::vector<MadeBatch>& all,
                 const std::vector<std::vector<float>>& expected) {
  for (size_t i = 0; i <= all.size(); ++i) {
    CAPTURE(i);
    if (i < all.size()) {
      const MadeBatch passing = all[i];
      p.begin(passing.bytes());
    }
    if (i > 0) CHECK(p.finish().to_host() == expected[i - 1]);
  }
}

std::vector<float> one_at_a_time(MeanProbability& p, const MadeBatch& batch) {
  p.begin(batch.bytes());
  return p.finish().to_host();
}

}  // namespace

// Late streams, so that what is not waited for is not there.
TEST_CASE("two networks, batches of several sizes under way: one at a time to the bit, and the CPU's probabilities") {
  std::vector<MadeBatch> all = batches();
  all.erase(all.begin() + 3, all.end());
  const Networks &here = Networks::on(Device::cpu), &there = Networks::on(Device::cuda);
  MeanProbability on_cpu = here.prediction(), alone = there.prediction();
  CHECK(on_cpu.ahead() == 0);
  CHECK(alone.ahead() == 1);
  std::vector<std::vector<float>> expected;
  for (const MadeBatch& b : all) {
    expected.push_back(one_at_a_time(alone, b));
    CHECK(compare(expected.back(), one_at_a_time(on_cpu, b)).error < 1e-5);
  }
  const Late streams(true, true);
  MeanProbability ahead = there.prediction();
  check_ahead(ahead, all, expected);
}

// Recorded and replayed with the third.
TEST_CASE("a graph's result is not overwritten by the next batch") {
  const Networks& there = Networks::on(Device::cuda);
  MeanProbability alone = there.with_graph();
  std::vector<MadeBatch> all;
  std::vector<std::vector<float>> expected;
  for (uint64_t i = 0; i < 4; ++i) {
    all.emplace_back(i, 1, 32, 32);
    expected.push_back(one_at_a_time(alone, all.back()));
  }
  CHECK(expected[2] != expected[3]);
  const Late streams(false, true);
  MeanProbability ahead = there.with_graph();
  check_ahead(ahead, all, expected);
}

TEST_CASE("the mean that was made on the host before, to the bit, in bf16") {
  const MadeBatch batch(1, 1, 32, 32);
  const Networks& there = Networks::on(Device::cuda);
  MeanProbability p = there.prediction(DType::bf16);
  std::vector<float> expected;
  for (const auto& [network, share, t] : there.members()) {
    std::vector<float> x;
    for (size_t i = 0; i < batch.images[0].size(); ++i)
      x.push_back(batch.flags[0][i / 3] ? t[i % 3][batch.images[0][i]] : 0.0f);
    std::vector<float> sum = probability_sum(*network, Tensor::from({1, 32, 32, 3}, x, DType::bf16), 1).to_host();
    for (float& v : sum) v *= static_cast<float>(share);
    if (expected.empty())
      expected = sum;
    else
      for (size_t i = 0; i < sum.size(); ++i) expected[i] += sum[i];
  }
  CHECK(one_at_a_time(p, batch) == expected);
}

TEST_CASE("begin does not wait for the device, finish waits for its batch alone, and memory stays as it is") {
  const Networks& there = Networks::on(Device::cuda);
  const MadeBatch batch(0, 1, 32, 32);
  MeanProbability p = there.with_graph();
  for (int i = 0; i < 3; ++i) one_at_a_time(p, batch);  // memory, scratch, the graph
  p.begin(batch.bytes());
  p.begin(batch.bytes());
  const size_t two = memory_use(Device::cuda).now;
  const int64_t waits = stream_waits();
  for (int i = 0; i < 2; ++i) {
    p.finish();
    p.begin(batch.bytes());
    CHECK(memory_use(Device::cuda).now == two);
  }
  CHECK(stream_waits() == waits);
  CHECK_THROWS_AS(p.begin(batch.bytes()), Error);  // a third
}  // two under way

TEST_CASE("what does not fit is refused") {
  MeanProbability p = Networks::on(Device::cpu).prediction();
  ByteImages none;
  CHECK_THROWS_AS(p.begin(none), Error);
  const MadeBatch batch(0, 2, 32, 32);
  ByteImages grey = batch.bytes();
  grey.bands = 1;
  CHECK_THROWS_AS(p.begin(grey), Error);
  ByteImages few = batch.bytes();
  few.valid.pop_back();
  CHECK_THROWS_AS(p.begin(few), Error);
  CHECK_THROWS_AS(p.finish(), Error);
}
