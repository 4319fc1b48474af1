// Prediction with batches under way on Device::cuda, emulated, also with late streams: against one batch at a time, to
// the bit, and against the CPU.
#include <doctest/doctest.h>

#include <numeric>

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/random.h"
#include "kernels/emulate/runtime.h"
#include "kernels/emulate/streams.h"
#include "kernels/normalise.h"
#include "models/inference/mean_probability.h"
#include "models/networks.h"
#include "tests/compare.h"

using namespace ppl;

namespace {

struct Late {
  explicit Late(emulate::LateStreams late) { emulate::set_late_streams(late); }
  ~Late() { emulate::set_late_streams({}); }
};

using Tables = std::vector<std::array<float, 256>>;

// Pictures of noise; every second one has flags.
struct MadeBatch {
  int64_t height, width;
  std::vector<std::vector<uint8_t>> pictures, flags;

  MadeBatch(uint64_t seed, size_t count, int64_t h, int64_t w) : height(h), width(w) {
    Random random(seed);
    for (size_t n = 0; n < count; ++n) {
      pictures.emplace_back(static_cast<size_t>(h * w * 3));
      for (uint8_t& v : pictures.back()) v = static_cast<uint8_t>(random.integer(0, 255));
      flags.emplace_back((seed + n) % 2 ? static_cast<size_t>(h * w) : 0);
      for (uint8_t& v : flags.back()) v = random.uniform() < 0.8;
    }
  }
  BytePictures bytes() const {
    BytePictures p{height, width, 3, {}, {}};
    for (const auto& picture : pictures) p.pictures.push_back(picture.data());
    for (const auto& f : flags) p.valid.push_back(f.empty() ? nullptr : f.data());
    return p;
  }
};

std::vector<MadeBatch> batches() {
  std::vector<MadeBatch> all;
  for (const auto& [count, h, w] : {std::array{1, 32, 32}, {2, 32, 32}, {1, 20, 30}, {1, 32, 64}, {3, 8, 8}, {1, 9, 5}})
    all.emplace_back(all.size(), static_cast<size_t>(count), h, w);
  return all;
}

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

// Tables that give back the bytes.
Tables identity() {
  Tables t(3);
  for (auto& table : t) std::iota(table.begin(), table.end(), 0.0f);
  return t;
}

// Stands in for networks: bytes as floats, and -1 where there is no data.
Tensor as_floats(const Tensor& tables, const BytePictures& there) {
  const auto count = static_cast<int64_t>(there.pictures.size());
  const Tensor y = Tensor::empty({count, there.height, there.width, 3}, DType::f32, Device::cuda);
  const int64_t pixels = there.height * there.width;
  for (size_t n = 0; n < there.pictures.size(); ++n)
    normalise(CudaContext::current(), pixels, 3, there.pictures[n], there.valid[n], tables.data<float>(),
              y.data<float>() + static_cast<int64_t>(n) * pixels * 3);
  return y;
}

std::vector<float> floats_of(const MadeBatch& b) {
  std::vector<float> all;
  for (size_t n = 0; n < b.pictures.size(); ++n)
    for (size_t i = 0; i < b.pictures[n].size(); ++i)
      all.push_back(b.flags[n].empty() || b.flags[n][i / 3] ? static_cast<float>(b.pictures[n][i]) : 0.0f);
  return all;
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
  const Late streams({true, true});
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
  const Late streams({false, true});
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
    for (size_t i = 0; i < batch.pictures[0].size(); ++i)
      x.push_back(batch.flags[0][i / 3] ? t[i % 3][batch.pictures[0][i]] : 0.0f);
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
  const int64_t waits = emulated_synchronizations();
  for (int i = 0; i < 2; ++i) {
    p.finish();
    p.begin(batch.bytes());
    CHECK(memory_use(Device::cuda).now == two);
  }
  CHECK(emulated_synchronizations() == waits);
  CHECK_THROWS_AS(p.begin(batch.bytes()), Error);  // a third
}  // two under way

TEST_CASE("a batch that fails leaves those around it as they are, whatever it has launched") {
  const Tables bytes = identity();
  std::vector<float> flat;
  for (const auto& table : bytes) flat.insert(flat.end(), table.begin(), table.end());
  for (const auto& [computing, copying] : {std::array{false, false}, {true, true}, {true, false}, {false, true}}) {
    CAPTURE(computing);
    CAPTURE(copying);
    const Late streams({computing, copying});
    const Tensor on_device = Tensor::from({3, 256}, flat, DType::f32, Device::cuda);
    DeviceBatches queue;
    std::vector<MadeBatch> all = batches();
    size_t next = 0;  // to be finished
    std::vector<size_t> begun;
    for (size_t i = 0; i < all.size(); ++i) {
      CAPTURE(i);
      const bool fails = i == 2 || i == 3;
      try {
        const MadeBatch passing = all[i];
        queue.begin(passing.bytes(), [&](const BytePictures& there) {
          const Tensor y = as_floats(on_device, there);
          if (fails) throw OutOfMemory("planted");
          return y;
        });
        begun.push_back(i);
        CHECK(!fails);
      } catch (const OutOfMemory& e) {
        CHECK(fails);
        CHECK(std::string(e.what()) == "planted");
      }
      while (queue.under_way() > 1 || (i + 1 == all.size() && queue.under_way() > 0))
        CHECK(queue.finish().to_host() == floats_of(all[begun[next++]]));
    }
    CHECK(begun == std::vector<size_t>{0, 1, 4, 5});
    CHECK(next == begun.size());
    CHECK_THROWS_AS(queue.finish(), Error);
  }
}

TEST_CASE("what does not fit is refused") {
  MeanProbability p = Networks::on(Device::cpu).prediction();
  BytePictures none;
  CHECK_THROWS_AS(p.begin(none), Error);
  const MadeBatch batch(0, 2, 32, 32);
  BytePictures grey = batch.bytes();
  grey.bands = 1;
  CHECK_THROWS_AS(p.begin(grey), Error);
  BytePictures few = batch.bytes();
  few.valid.pop_back();
  CHECK_THROWS_AS(p.begin(few), Error);
  CHECK_THROWS_AS(p.finish(), Error);
}
