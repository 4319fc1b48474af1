#include "io/tiles/device_augment.h"

#include <type_traits>

#include "engine/dispatch.h"
#include "engine/storage.h"

namespace ppl {
namespace {

template <class T>
Tensor bytes_on(Device device, const std::vector<T>& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  const Tensor t = Tensor::empty({static_cast<int64_t>(values.size() * sizeof(T))}, DType::u8, device);
  copy_bytes(device, t.raw(), Device::cpu, values.data(), t.bytes());
  return t;
}

template <class T>
T* data_or_null(const Tensor& t) {
  return t.defined() ? static_cast<T*>(t.raw()) : nullptr;
}

}  // namespace

DeviceAugment::DeviceAugment(const TileSource& source, const PixelWeights& weights, DType dtype, Device device)
    : classes_(source.classes()), weights_(weights), dtype_(dtype) {
  std::vector<float> tables;
  for (const auto& table : normalisation_tables(source.input()))
    tables.insert(tables.end(), table.begin(), table.end());
  tables_ = Tensor::from({static_cast<int64_t>(tables.size()) / 256, 256}, tables, DType::f32, device);
  if (!weights.foreground.empty()) foreground_ = bytes_on(device, weights.foreground);
}

void DeviceAugment::apply(Batch& b) const {
  if (!b.raw.images.defined()) return;
  const Device device = tables_.device();
  const Tensor images = b.raw.images.to(device), masks = b.raw.masks.to(device);
  const Tensor maps = b.raw.maps.defined() ? b.raw.maps.to(device) : Tensor();
  const Augment s{images.dim(0), images.dim(1), images.dim(2), static_cast<int>(images.dim(3)), classes_, weights_.map};
  for (const AugmentPlan& p : b.raw.plans)
    PPL_CHECK(p.height == s.height && p.width == s.width && (!p.turn || s.height == s.width), "augment: a plan for ",
              p.height, "x", p.width, " in a batch of ", s.height, "x", s.width);
  const Tensor plans = bytes_on(device, b.raw.plans);
  b.images = Tensor::empty(images.shape(), dtype_, device);
  b.targets = Tensor::empty({s.n, s.height, s.width, classes_}, DType::u8, device);
  if (weights_.needed()) b.weights = Tensor::empty(b.targets.shape(), DType::f32, device);
  with_float_type(dtype_, [&](auto zero) {
    using T = decltype(zero);
    on(device, [&](auto& ctx) {
      augment(ctx, s, static_cast<const AugmentPlan*>(plans.raw()), images.data<uint8_t>(), masks.data<uint8_t>(),
              data_or_null<uint8_t>(maps), tables_.data<float>(), data_or_null<double>(foreground_), b.images.data<T>(),
              b.targets.data<uint8_t>(), data_or_null<float>(b.weights));
    });
  });
  b.raw = {};
}

}  // namespace ppl
