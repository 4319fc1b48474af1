// Which mark protects which memory of a slot:
//   up      host writes it once `uploaded` has passed; only a batch that failed leaves that to be waited for
//   bytes   uploads are held back until `computed`: what read the batch before in this slot, or gave the memory; what
//           computes is held back until `uploaded`
//   result  the download is held back until `computed`; given back after `downloaded`, for which finish() waits
//   down    host reads it once `downloaded` has passed, and before the slot is used again
#include "models/inference/device_batches.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ppl {
namespace {

// The flags of all images lie behind all images, each in its place.
struct Layout {
  size_t image, flags, bytes;
  bool has_flags;

  explicit Layout(const ByteImages& p)
      : image(static_cast<size_t>(p.height * p.width * p.bands)),
        flags(static_cast<size_t>(p.height * p.width)),
        bytes(image * p.images.size()),
        has_flags(std::any_of(p.valid.begin(), p.valid.end(), [](const uint8_t* v) { return v != nullptr; })) {
    if (has_flags) bytes += flags * p.images.size();
  }
  size_t place(size_t n) const { return n * image; }
  size_t flags_place(size_t n, size_t count) const { return count * image + n * flags; }
};

void fill(uint8_t* to, const ByteImages& p) {
  const Layout layout(p);
  const size_t count = p.images.size();
  for (size_t n = 0; n < count; ++n) {
    std::memcpy(to + layout.place(n), p.images[n], layout.image);
    if (layout.has_flags && p.valid[n]) std::memcpy(to + layout.flags_place(n, count), p.valid[n], layout.flags);
  }
}

ByteImages at(const uint8_t* base, const ByteImages& p) {
  const Layout layout(p);
  const size_t count = p.images.size();
  ByteImages there{p.height, p.width, p.bands, {}, {}};
  for (size_t n = 0; n < count; ++n) {
    there.images.push_back(base + layout.place(n));
    const bool flags = layout.has_flags && p.valid[n];
    there.valid.push_back(flags ? base + layout.flags_place(n, count) : nullptr);
  }
  return there;
}

}  // namespace

void ByteImages::check() const {
  PPL_CHECK(!images.empty() && height > 0 && width > 0 && bands > 0, "a batch of ", images.size(), " images of ", width,
            " x ", height, ", ", bands, " bands");
  PPL_CHECK(valid.empty() || valid.size() == images.size(), "a batch of ", images.size(), " images with ", valid.size(),
            " flags of what has data");
}

DeviceBatches::DeviceBatches() : upload_(make_cuda_stream()), download_(make_cuda_stream()) {}

DeviceBatches::~DeviceBatches() {
  for (const Slot& s : slots_) {
    try {
      s.uploaded.synchronize();
      s.downloaded.synchronize();
    } catch (const Error&) {
      // The device is gone, and with it who could still use the memory.
    }
  }
}

void DeviceBatches::upload(Slot& s, const ByteImages& here) {
  const CudaContext& computing = CudaContext::current();
  const size_t bytes = Layout(here).bytes;
  s.uploaded.synchronize();
  fill(static_cast<uint8_t*>(s.up.reserve(bytes)), here);
  if (!s.bytes.defined() || s.bytes.bytes() < bytes) {
    s.bytes = {};
    s.bytes = Tensor::empty({static_cast<int64_t>(bytes)}, DType::u8, Device::cuda);
    s.computed.record(computing);
  }
  s.computed.wait(*upload_);
  copy_to_device_async(*upload_, s.bytes.raw(), s.up.data(), bytes);
  s.uploaded.record(*upload_);
  s.uploaded.wait(computing);
}

void DeviceBatches::begin(const ByteImages& here, const Compute& compute) {
  here.check();
  PPL_CHECK(under_way_ < kSlots, "a batch is begun while ", under_way_, " are under way");
  Slot& s = slots_[(oldest_ + under_way_) % kSlots];
  const CudaContext& computing = CudaContext::current();
  upload(s, here);
  Tensor result;
  try {
    result = compute(at(s.bytes.data<uint8_t>(), here));
    s.down.reserve(result.bytes());
  } catch (...) {
    s.computed.record(computing);  // what was launched may read the bytes still
    throw;
  }
  s.computed.record(computing);
  s.result = std::move(result);
  s.computed.wait(*download_);
  copy_to_host_async(*download_, s.down.data(), s.result.data<float>(), s.result.bytes());
  s.downloaded.record(*download_);
  ++under_way_;
}

Tensor DeviceBatches::finish() {
  PPL_CHECK(under_way_ > 0, "no batch is under way");
  Slot& s = slots_[oldest_];
  oldest_ = (oldest_ + 1) % kSlots;
  --under_way_;
  s.downloaded.synchronize();
  const Tensor result = std::exchange(s.result, {});
  Tensor here = Tensor::empty(result.shape());
  std::memcpy(here.raw(), s.down.data(), here.bytes());
  return here;
}

}  // namespace ppl
