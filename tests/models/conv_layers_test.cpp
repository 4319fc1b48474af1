// Whatever convolution the networks' layers may choose, at every instruction set of this machine, on maps of all
// widths, against f64 sums at some places, with guards before and behind results, scratch and packed weights.
// PPL_LONG_TESTS=1: every width with several heights at every set (an hour and more); else a part.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>

#include "bench/traced_convolutions.h"
#include "engine/tensor.h"
#include "kernels/cpu/context.h"
#include "kernels/cpu/conv_impl.h"
#include "kernels/cpu_level.h"
#include "models/networks.h"
#include "tests/support/conv_sums.h"

using namespace ppl;

namespace {

// Every layer of every network, whatever the map's size.
std::set<Conv> layers() {
  std::set<Conv> all;
  for (const std::string& name : network_names()) {
    const auto network = make_network(name);
    for (const Module::Entry& e : network->parameters()) e.tensor.touch();  // zeros will do
    network->train(false);
    const NoGrad no_grad;
    for (const auto& [call, count] : traced_convolutions([&] { network->forward(Tensor::zeros({1, 64, 64, 3})); })) {
      Conv p = call.shape;
      p.n = p.h = p.w = p.oh = p.ow = 0;
      all.insert(p);
    }
  }
  return all;
}

// Whether the window fits into the map.
bool set_size(Conv& p, int n, int h, int w) {
  p.n = n, p.h = h, p.w = w;
  const auto [oh, ow] = conv_extents(p);
  p.oh = oh, p.ow = ow;
  return oh > 0 && ow > 0;
}

// Noise that all cases share, each from a place of its own.
template <class T>
const T* noise(size_t count, size_t from) {
  static const std::vector<T> pool = [] {
    std::vector<T> v(46 << 20);
    uint32_t state = 1;
    for (T& x : v) {
      state = state * 1664525 + 1013904223;
      x = T(static_cast<float>(state >> 8) * 0x1p-23f - 1);
    }
    return v;
  }();
  REQUIRE(count + from <= pool.size());
  return pool.data() + from;
}

// Places in an array of rows of `width` elements: the corners, and others drawn.
std::vector<int64_t> places(int64_t size, int64_t row) {
  std::vector<int64_t> at{0, size - 1, row - 1, size - row, size / 2};
  std::mt19937 random(static_cast<unsigned>(size));
  for (int i = 0; i < 40; ++i) at.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(size)));
  return at;
}

// got[at] against sum(at) at some places; everything else at least a number.
template <class T, class Sum>
void check_places(const AlignedBytes& memory, int64_t size, int64_t row, double limit, Sum sum) {
  const T* got = memory.as<T>();
  CHECK(memory.intact());
  CHECK(std::all_of(got, got + size, [](T v) { return std::isfinite(static_cast<float>(v)); }));
  double difference = 0, norm = 0, worst = 0;
  const auto all = places(size, row);
  for (const int64_t at : all) {
    const double e = sum(at), d = std::abs(static_cast<float>(got[at]) - e);
    difference += d * d, norm += e * e, worst = std::max(worst, d);
  }
  CHECK(difference <= limit * limit * norm);
  CHECK(worst <= 6 * limit * std::sqrt(norm / static_cast<double>(all.size())));
}

// Every byte set, so that what is not written is not a number.
template <class T>
AlignedBytes unwritten(int64_t size) {
  AlignedBytes memory(static_cast<size_t>(size) * sizeof(T), "results");
  std::memset(memory.as<char>(), 0xff, memory.size());
  return memory;
}

void check_memory(const CpuContext& ctx, const PackedWeights& packed) {
  CHECK(ctx.intact());
  for (const auto& [key, entry] : packed.impl->entries) {
    if (std::get<0>(key) != ConvAlgorithm::direct) CHECK(std::static_pointer_cast<AlignedBytes>(entry)->intact());
  }
}

template <class T>
struct Case {
  Conv p;
  Epilogue<T> e;
  int64_t nx = int64_t{p.n} * p.h * p.w * p.c, ny = int64_t{p.n} * p.oh * p.ow * p.k;
  int64_t nw = int64_t{p.k} * p.r * p.s * p.c;
  const T *x = noise<T>(nx, 1), *w = noise<T>(nw, 2'000'003), *dy = noise<T>(ny, 7'000'001);

  double finished(double sum, int64_t at, int64_t channels) const {
    if (e.bias) sum += e.bias[at % channels];
    if (e.residual) sum += static_cast<float>(e.residual[at]);
    return e.relu ? std::max(sum, 0.0) : sum;
  }

  void run() const {
    constexpr bool is_bf16 = std::is_same_v<T, bf16>;
    const double limit = is_bf16 ? 1e-2 : 1e-5;
    PackedWeights packed;
    CpuContext ctx;
    AlignedBytes y = unwritten<T>(ny), dx = unwritten<T>(nx), dw = unwritten<float>(nw);
    conv_forward<T>(ctx, p, x, w, e, y.as<T>(), &packed);
    check_places<T>(y, ny, int64_t{p.ow} * p.k, limit,
                    [&](int64_t at) { return finished(forward_sum(p, x, w, at), at, p.k); });
    conv_backward_data<T>(ctx, p, dy, w, e, dx.as<T>(), &packed);
    check_places<T>(dx, nx, int64_t{p.w} * p.c, limit,
                    [&](int64_t at) { return finished(data_sum(p, dy, w, at), at, p.c); });
    conv_backward_weights<T>(ctx, p, x, dy, dw.as<float>());
    check_places<float>(dw, nw, int64_t{p.s} * p.c, 1e-5, [&](int64_t at) { return weights_sum(p, x, dy, at); });
    check_memory(ctx, packed);
  }
};

template <class T>
void run_case(const Conv& p, int mask) {
  CAPTURE(sizeof(T));
  const Epilogue<T> e{mask & 1 ? noise<float>(static_cast<size_t>(std::max(p.c, p.k)), 11) : nullptr,
                      mask & 2 ? noise<T>(0, 13'000'001) : nullptr, (mask & 4) != 0};
  Case<T>{p, e}.run();
}

const std::vector<int> kWidths = {1,  2,  3,  4,  5,   7,   8,   9,   13,  15,  16,  17,  23,  31,  32,   33,
                                  47, 64, 65, 96, 128, 129, 160, 255, 256, 257, 320, 384, 512, 513, 1000, 1024};

// Of the parts that the short form leaves out none is left out for long: which ones come depends on the layer.
struct Plan {
  bool all = std::getenv("PPL_LONG_TESTS") != nullptr;
  int64_t most = all ? int64_t{16} << 30 : 400 << 20;  // products of a case
  std::vector<int> heights = all ? std::vector<int>{1, 2, 5, 8, 17} : std::vector<int>{3};

  bool takes(const Conv& p, size_t layer, size_t width, size_t level, size_t levels) const {
    if (p.macs() > most || int64_t{p.n} * p.h * p.w * std::max(p.c, p.k) > 5'000'000) return false;
    if (all) return true;
    const bool wide = p.macs() > most / 8, best = level + 1 == levels;
    return width % 8 == layer % 8 && (best || (!wide && (layer + width / 8) % (levels - 1) == level));
  }
};

}  // namespace

TEST_CASE("every layer's convolutions on maps of many sizes, with guards") {
  const auto levels = cpu_levels();
  std::printf("conv_layers: instruction sets that this machine can run:");
  for (const std::string& level : levels) std::printf(" %s", level.c_str());
  std::printf("\n");
  const Plan plan;
  const auto all = layers();
  for (size_t level = 0; level < levels.size(); ++level) {
    use_cpu_level(levels[level]);
    int count = 0;
    size_t number = 0;
    for (Conv p : all) {
      ++number;
      for (size_t width = 0; width < kWidths.size(); ++width) {
        for (const int height : plan.heights) {
          const int n = 1 + static_cast<int>(width % 2);
          if (!set_size(p, n, height, kWidths[width]) || !plan.takes(p, number, width, level, levels.size())) continue;
          CAPTURE(levels[level]);
          CAPTURE(cat("n", p.n, " ", p.h, "x", p.w, " c", p.c, " k", p.k, " window ", p.r, " stride ", p.stride,
                      " pad ", p.pad, " dilation ", p.dilation));
          run_case<float>(p, static_cast<int>(number + width) % 8);
          run_case<bf16>(p, static_cast<int>(number + width + 3) % 8);
          ++count;
        }
      }
    }
    std::printf("conv_layers: %zu layers, %d cases at %s\n", all.size(), count, levels[level].c_str());
  }
}
