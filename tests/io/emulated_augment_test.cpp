// Augmentation on CUDA, emulated, against the CPU's, to the bit: crops of every kind, and whole batches of a loader.
#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "engine/dispatch.h"
#include "engine/random.h"
#include "engine/storage.h"
#include "io/tiles/device_augment.h"
#include "tests/support/device/thread_orders.h"

using namespace ppl;

namespace {

std::vector<uint8_t> bytes(int64_t count, uint64_t seed, int64_t below = 256) {
  Random random(seed);
  std::vector<uint8_t> v(static_cast<size_t>(count));
  for (uint8_t& b : v) b = static_cast<uint8_t>(random.integer(0, below - 1));
  return v;
}

// Class numbers, every so often ignored.
std::vector<uint8_t> mask_bytes(int64_t count, uint64_t seed, int classes) {
  std::vector<uint8_t> v = bytes(count, seed, classes + 1);
  for (size_t i = 0; i < v.size(); i += 11 + i % 7) v[i] = 255;
  return v;
}

struct Case {
  Augment s;
  std::vector<AugmentPlan> plans;
  bool maps = false, foreground = false;
};

struct Result {
  std::vector<float> images, targets, weights;
  bool operator==(const Result&) const = default;
};

Tensor raw_tensor(const void* data, size_t count, Device device) {
  const Tensor t = Tensor::empty({static_cast<int64_t>(count)}, DType::u8, device);
  copy_bytes(device, t.raw(), Device::cpu, data, count);
  return t;
}

template <class T>
Result run(const Case& c, Device device) {
  const Augment& s = c.s;
  const int64_t pixels = s.n * s.height * s.width;
  const auto there = [&](const std::vector<uint8_t>& v) { return raw_tensor(v.data(), v.size(), device); };
  const Tensor crops = there(bytes(pixels * s.bands, 1)), masks = there(mask_bytes(pixels, 2, s.classes));
  const Tensor maps = there(bytes(pixels, 3));
  std::vector<float> table(static_cast<size_t>(256 * s.bands));
  for (size_t i = 0; i < table.size(); ++i) table[i] = (static_cast<float>(i) - 300.7f) / 77;
  const Tensor tables = Tensor::from({s.bands, 256}, table, DType::f32, device);
  const std::vector<double> of_class{2.5, 0.3, 1.7};
  const Tensor foreground = raw_tensor(of_class.data(), of_class.size() * sizeof(double), device);
  const Tensor plans = raw_tensor(c.plans.data(), c.plans.size() * sizeof(AugmentPlan), device);
  const Tensor images = Tensor::empty({pixels, s.bands}, dtype_of<T>(), device);
  const Tensor targets = Tensor::empty({pixels, s.classes}, DType::u8, device);
  const Tensor weights = Tensor::zeros({pixels, s.classes}, DType::f32, device);
  const bool weighted = c.maps || c.foreground;
  on(device, [&](auto& ctx) {
    augment(ctx, s, static_cast<const AugmentPlan*>(plans.raw()), crops.data<uint8_t>(), masks.data<uint8_t>(),
            c.maps ? maps.data<uint8_t>() : nullptr, tables.data<float>(),
            c.foreground ? static_cast<const double*>(foreground.raw()) : nullptr, images.data<T>(),
            targets.data<uint8_t>(), weighted ? weights.data<float>() : nullptr);
  });
  return {images.to_host(), targets.to_host(), weights.to_host()};
}

template <class T>
void check(const Case& c) {
  const Result expected = run<T>(c, Device::cpu);
  for_thread_orders([&](const std::string& order) {
    CAPTURE(order);
    const Result got = run<T>(c, Device::cuda);
    CHECK(got.images == expected.images);
    CHECK(got.targets == expected.targets);
    CHECK(got.weights == expected.weights);
  });
}

// Plans that do everything, some more than the published one may: shifts out of the image.
std::vector<AugmentPlan> plans_for(int64_t n, int64_t height, int64_t width, uint64_t seed) {
  Augmentation a;
  std::vector<AugmentPlan> plans;
  for (int64_t k = 0; k < n; ++k) {
    a.shift = k % 4 == 3 ? 1.2 : 0.1;
    plans.push_back(draw_plan(a, seed, 0, k, height, width, 0));
  }
  return plans;
}

// Tiles with maps of weights, some smaller than the crop.
class MadeTiles : public TileSource {
 public:
  explicit MadeTiles(int64_t count, int classes) {
    classes_ = classes;
    for (int64_t i = 0; i < count; ++i) entries_.push_back({cat("t", i), i % 5 == 4 ? 20 : 45, 50});
  }
  Tile load(int64_t index) const override {
    const auto& e = entry(index);
    const int64_t pixels = e.height * e.width;
    auto memory = std::make_shared<std::vector<uint8_t>>(bytes(5 * pixels, static_cast<uint64_t>(index)));
    uint8_t* mask = memory->data() + 3 * pixels;
    if (index % 3 == 0)
      for (int64_t i = 0; i < pixels; ++i) mask[i] %= 2;
    else
      std::memcpy(mask, mask_bytes(pixels, 5, classes_).data(), static_cast<size_t>(pixels));
    return {e.height, e.width, 3, memory->data(), mask, memory, mask + pixels};
  }
};

}  // namespace

TEST_CASE_TEMPLATE("crops of every kind", T, float, bf16) {
  const std::pair<int64_t, int64_t> sizes[] = {{33, 33}, {16, 48}, {21, 40}, {32, 32}, {1, 1}};
  uint64_t seed = 0;
  for (const auto& [height, width] : sizes) {
    for (const int bands : {1, 3, 4, 5}) {
      for (const int classes : {1, 3}) {
        ++seed;
        CAPTURE(height);
        CAPTURE(width);
        CAPTURE(bands);
        CAPTURE(classes);
        check<T>(
            {{9, height, width, bands, classes, 3.5}, plans_for(9, height, width, seed), seed % 3 != 0, seed % 2 == 0});
      }
    }
  }
}

TEST_CASE("each flip and turn alone, and a warp by exactly half pixels") {
  std::vector<AugmentPlan> plans;
  for (int bits = 0; bits < 16; ++bits) {
    AugmentPlan p = identity_plan(17, 17);
    p.flip_x = bits & 1, p.flip_y = bits & 2, p.turn = bits & 4, p.warp = bits & 8;
    p.x0 = 0.5f, p.x1 = 17.5f, p.y0 = -0.5f, p.y1 = 16.5f;
    plans.push_back(p);
  }
  check<float>({{16, 17, 17, 3, 1, 0}, plans});
}

TEST_CASE("HSV shift of colours all over the cube") {
  for (const auto& [hue, saturation, value] : {std::array{30, 5, -15}, std::array{-30, -5, 15}, std::array{0, 0, 0}}) {
    AugmentPlan p = identity_plan(512, 512);
    p.hsv = true, p.hue = hue, p.saturation = saturation, p.value = value;
    const Case c{{1, 512, 512, 3, 1, 0}, {p}};
    CHECK(run<float>(c, Device::cuda) == run<float>(c, Device::cpu));
  }
}

TEST_CASE("a plan of another size is refused") {
  const MadeTiles source(1, 1);
  Batch b;
  b.raw = {Tensor::zeros({1, 8, 8, 3}, DType::u8), Tensor::zeros({1, 8, 8}, DType::u8), {}, {identity_plan(8, 9)}};
  CHECK_THROWS_AS(DeviceAugment(source, {}, DType::f32, Device::cuda).apply(b), Error);
}

TEST_CASE("batches made on the device are the loader's own") {
  const Augmentation strong{.turn = 180, .resize = 1.5, .gain = 0.3, .blur = 1.5, .cutout = 0.5};
  for (const int classes : {1, 3}) {
    for (const auto& [weighted, augmentation] :
         {std::pair{false, Augmentation{}}, {true, Augmentation{}}, {false, strong}, {true, strong}}) {
      const auto source = std::make_shared<MadeTiles>(12, classes);
      LoaderOptions o;
      o.augmentation = augmentation;
      o.empty_crops = augmentation.changes_crops() ? 0.3 : 1;
      o.batch = 4;
      o.crop = 32;
      o.dtype = weighted ? DType::bf16 : DType::f32;
      if (weighted) o.weights = {4.5, std::vector<double>(static_cast<size_t>(classes), 1.7)};
      Loader plain(source, o);
      o.raw = true;
      Loader raw(source, o);
      const DeviceAugment augment(*source, o.weights, o.dtype, Device::cuda);
      for (int i = 0; i < 6; ++i) {
        Batch expected = plain.next(), got = raw.next();
        CHECK(!got.images.defined());
        CHECK(got.valid == expected.valid);
        augment.apply(got);
        CHECK(got.images.device() == Device::cuda);
        CHECK(got.images.shape() == expected.images.shape());
        CHECK(got.images.dtype() == expected.images.dtype());
        CHECK(got.images.to_host() == expected.images.to_host());
        CHECK(got.targets.to_host() == expected.targets.to_host());
        CHECK(got.weights.defined() == o.weights.needed());
        if (o.weights.needed()) CHECK(got.weights.to_host() == expected.weights.to_host());
        CHECK(got.ids == expected.ids);
      }
    }
  }
}
