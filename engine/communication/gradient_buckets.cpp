#include "engine/communication/gradient_buckets.h"

#include <algorithm>

namespace ppl {

GradientBuckets::GradientBuckets(const Arena& arena, Communication& communication, Wire wire, int64_t bytes)
    : arena_(arena), communication_(communication), wire_(wire) {
  const auto least = static_cast<int64_t>(bytes / static_cast<int64_t>(sizeof(float)));
  const auto& slices = arena.slices();
  for (size_t i = 0; i < slices.size(); ++i) {
    const int64_t end = i + 1 < slices.size() ? slices[i + 1].offset : arena.gradients.size();
    if (buckets_.empty() || buckets_.back().end - buckets_.back().begin >= least)
      buckets_.push_back({i, 0, slices[i].offset, end});
    ++buckets_.back().slices;
    buckets_.back().end = end;
  }
}

GradientBuckets::~GradientBuckets() { on_gradient_complete({}); }

void GradientBuckets::begin() {
  for (Bucket& b : buckets_) {
    b.to_come = 0;
    for (size_t i = b.first_slice; i < b.first_slice + b.slices; ++i)
      b.to_come += arena_.slices()[i].parameter.requires_grad();
    b.needed = b.to_come > 0;
  }
  on_gradient_complete([this](const Tensor& parameter) { complete(parameter); });
}

void GradientBuckets::complete(const Tensor& parameter) {
  const int64_t offset = parameter.data<float>() - arena_.values.data<float>();
  if (offset < 0 || offset >= arena_.values.size()) return;  // a leaf that is no parameter
  const auto after = std::upper_bound(buckets_.begin(), buckets_.end(), offset,
                                      [](int64_t at, const Bucket& b) { return at < b.begin; });
  Bucket& b = *(after - 1);
  if (--b.to_come == 0) send(b);
}

void GradientBuckets::send(const Bucket& b) {
  for (size_t i = b.first_slice; i < b.first_slice + b.slices; ++i) arena_.complete_gradient(i);
  const Tensor& g = arena_.gradients;
  communication_.begin_all_reduce(g.device(), g.data<float>() + b.begin, b.end - b.begin, wire_);
}

void GradientBuckets::finish() {
  on_gradient_complete({});
  for (Bucket& b : buckets_)
    if (b.needed && b.to_come > 0) send(b);
  communication_.wait();
}

}  // namespace ppl
