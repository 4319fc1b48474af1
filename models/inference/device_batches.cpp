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

// The flags of all pictures lie behind all pictures, each in its place.
struct Layout {
  size_t picture, flags, bytes;
  bool has_flags;

  explicit Layout(const BytePictures& p)
      : picture(static_cast<size_t>(p.height * p.width * p.bands)),
        flags(static_cast<size_t>(p.height * p.width)),
        bytes(picture * p.pictures.size()),
        has_flags(std::any_of(p.valid.begin(), p.valid.end(), [](const uint8_t* v) { return v != nullptr; })) {
    if (has_flags) bytes += flags * p.pictures.size();
  }
  size_t place(size_t n) const { return n * picture; }
  size_t flags_place(size_t n, size_t count) const { return count * picture + n * flags; }
};

void fill(uint8_t* to, const BytePictures& p) {
  const Layout layout(p);
  const size_t count = p.pictures.size();
  for (size_t n = 0; n < count; ++n) {
    std::memcpy(to + layout.place(n), p.pictures[n], layout.picture);
    if (layout.has_flags && p.valid[n]) std::memcpy(to + layout.flags_place(n, count), p.valid[n], layout.flags);
  }
}

BytePictures at(const uint8_t* base, const BytePictures& p) {
  const Layout layout(p);
  const size_t count = p.pictures.size();
  BytePictures there{p.height, p.width, p.bands, {}, {}};
  for (size_t n = 0; n < count; ++n) {
    there.pictures.push_back(base + layout.place(n));
    const bool flags = layout.has_flags && p.valid[n];
    there.valid.push_back(flags ? base + layout.flags_place(n, count) : nullptr);
  }
  return there;
}

}  // namespace

void BytePictures::check() const {
  PPL_CHECK(!pictures.empty() && height > 0 && width > 0 && bands > 0, "a batch of ", pictures.size(), " pictures of ",
            width, " x ", height, ", ", bands, " bands");
  PPL_CHECK(valid.empty() || valid.size() == pictures.size(), "a batch of ", pictures.size(), " pictures with ",
            valid.size(), " flags of what has data");
}

DeviceBatches::DeviceBatches() : upload_(make_cuda_stream()), download_(make_cuda_stream()) {}

DeviceBatches::~DeviceBatches() {
  for (const Slot& s : slots_) {
    try {
      s.uploaded.wait();
      s.downloaded.wait();
    } catch (const Error&) {
      // The device is gone, and with it who could still use the memory.
    }
  }
}

void DeviceBatches::upload(Slot& s, const BytePictures& here) {
  const CudaContext& computing = CudaContext::current();
  const size_t bytes = Layout(here).bytes;
  s.uploaded.wait();
  fill(static_cast<uint8_t*>(s.up.reserve(bytes)), here);
  if (!s.bytes.defined() || s.bytes.bytes() < bytes) {
    s.bytes = {};
    s.bytes = Tensor::empty({static_cast<int64_t>(bytes)}, DType::u8, Device::cuda);
    s.computed.set(computing);
  }
  s.computed.hold_back(*upload_);
  begin_upload(*upload_, s.bytes.raw(), s.up.data(), bytes);
  s.uploaded.set(*upload_);
  s.uploaded.hold_back(computing);
}

void DeviceBatches::begin(const BytePictures& here, const Compute& compute) {
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
    s.computed.set(computing);  // what was launched may read the bytes still
    throw;
  }
  s.computed.set(computing);
  s.result = std::move(result);
  s.computed.hold_back(*download_);
  begin_download(*download_, s.down.data(), s.result.data<float>(), s.result.bytes());
  s.downloaded.set(*download_);
  ++under_way_;
}

Tensor DeviceBatches::finish() {
  PPL_CHECK(under_way_ > 0, "no batch is under way");
  Slot& s = slots_[oldest_];
  oldest_ = (oldest_ + 1) % kSlots;
  --under_way_;
  s.downloaded.wait();
  const Tensor result = std::exchange(s.result, {});
  Tensor here = Tensor::empty(result.shape());
  std::memcpy(here.raw(), s.down.data(), here.bytes());
  return here;
}

}  // namespace ppl
