#include "io/loader.h"

#include <chrono>
#include <numeric>

#include "engine/random.h"

namespace ppl {
namespace {

constexpr uint64_t kStream = 0x73687566;  // keeps these numbers apart from the augmentation's

}  // namespace

LoaderOptions LoaderOptions::validation(int batch, DType dtype) {
  LoaderOptions o;
  o.batch = batch;
  o.shuffle = o.drop_last = false;
  o.augmentation.reset();
  o.dtype = dtype;
  return o;
}

Loader::Loader(std::shared_ptr<const TileSource> source, LoaderOptions options)
    : source_(std::move(source)),
      options_(std::move(options)),
      f32_tables_(source_->input()),
      bf16_tables_(source_->input()) {
  PPL_CHECK(options_.batch >= 1 && options_.crop >= 0 && options_.threads >= 1 && options_.prefetch >= 1,
            "loader: batch ", options_.batch, ", crop ", options_.crop, ", threads ", options_.threads, ", prefetch ",
            options_.prefetch, "; expected at least 1, 0, 1, 1");
  PPL_CHECK(options_.dtype == DType::f32 || options_.dtype == DType::bf16, "loader: images of type ",
            name(options_.dtype), "; expected f32 or bf16");
  plan_batches();
}

Loader::~Loader() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  for (auto& t : threads_) t.join();
}

void Loader::plan_batches() {
  const int64_t n = source_->size();
  cuts_ = {0};
  for (int64_t i = 1; i < n; ++i) {
    const auto &tile = source_->entry(i), &before = source_->entry(i - 1);
    const bool other_size = options_.crop == 0 && (tile.height != before.height || tile.width != before.width);
    PPL_CHECK(!other_size || !options_.shuffle || options_.batch == 1, "loader: tiles ", before.id, " and ", tile.id,
              " differ in size, so shuffled batches need a crop");
    if (other_size || i - cuts_.back() == options_.batch) cuts_.push_back(i);
  }
  if (!options_.drop_last || n - cuts_.back() == options_.batch) cuts_.push_back(n);
  PPL_CHECK(n > 0 && cuts_.size() > 1, "loader: ", n, " tiles do not fill one batch of ", options_.batch);
}

Batch Loader::next() {
  std::unique_lock lock(mutex_);
  if (threads_.empty()) {
    for (int t = 0; t < options_.threads; ++t) threads_.emplace_back([this] { work(); });
  }
  if (!ready_.count(position_)) {
    const auto start = std::chrono::steady_clock::now();
    made_.wait(lock, [&] { return ready_.count(position_) > 0; });
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  Made m = std::move(ready_.extract(position_).mapped());
  ++position_;
  lock.unlock();
  wanted_.notify_one();
  if (m.error) std::rethrow_exception(m.error);
  return std::move(m.batch);
}

void Loader::seek(int64_t epoch, int64_t number) {
  PPL_CHECK(epoch >= 0 && number >= 0 && number < batches_per_epoch(), "loader: batch ", number, " of epoch ", epoch,
            "; an epoch has ", batches_per_epoch());
  const int64_t to = epoch * batches_per_epoch() + number;
  {
    std::lock_guard lock(mutex_);
    if (to == position_) return;
    position_ = claimed_ = to;
    ready_.clear();
    ++generation_;
  }
  wanted_.notify_all();
}

double Loader::take_wait_seconds() {
  std::lock_guard lock(mutex_);
  return std::exchange(waited_, 0.0);
}

void Loader::work() {
  AugmentScratch scratch;
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [&] { return stop_ || claimed_ < position_ + options_.prefetch; });
    if (stop_) return;
    const int64_t position = claimed_++;
    const uint64_t generation = generation_;
    lock.unlock();
    Made m;
    try {
      m.batch = make(position, scratch);
    } catch (...) {
      m.error = std::current_exception();
    }
    lock.lock();
    if (generation != generation_) continue;
    ready_[position] = std::move(m);
    made_.notify_all();
  }
}

Batch Loader::make(int64_t position, AugmentScratch& scratch) {
  Batch b;
  b.epoch = position / batches_per_epoch();
  b.number = position % batches_per_epoch();
  const Order in_order = order(b.epoch);
  const auto at = static_cast<size_t>(b.number);
  b.indices.assign(in_order->begin() + cuts_[at], in_order->begin() + cuts_[at + 1]);
  for (const int64_t i : b.indices) b.ids.push_back(source_->entry(i).id);

  const auto n = static_cast<int64_t>(b.indices.size());
  const auto& first = source_->entry(b.indices[0]);
  const int64_t height = options_.crop ? options_.crop : first.height;
  const int64_t width = options_.crop ? options_.crop : first.width;
  b.images = Tensor::empty({n, height, width, source_->input().band_count()}, options_.dtype);
  b.targets = Tensor::empty({n, height, width, source_->classes()}, DType::u8);
  if (options_.dtype == DType::f32) {
    fill(b, f32_tables_, scratch);
  } else {
    fill(b, bf16_tables_, scratch);
  }
  return b;
}

template <class T>
void Loader::fill(Batch& b, const NormaliseTables<T>& tables, AugmentScratch& scratch) const {
  const int64_t n = b.images.dim(0), image = b.images.size() / n, target = b.targets.size() / n;
  for (int64_t k = 0; k < n; ++k) {
    const int64_t index = b.indices[static_cast<size_t>(k)];
    try {
      const Tile tile = source_->load(index);
      apply_plan(plan(b, index), tile, source_->classes(), tables, b.images.data<T>() + k * image,
                 b.targets.data<uint8_t>() + k * target, scratch);
    } catch (const std::exception& e) {
      throw Error(cat("tile ", source_->entry(index).id, ": ", e.what()));
    }
  }
}

AugmentPlan Loader::plan(const Batch& b, int64_t index) const {
  const auto& tile = source_->entry(index);
  if (options_.augmentation) {
    return draw_plan(*options_.augmentation, options_.seed, b.epoch, index, tile.height, tile.width, options_.crop);
  }
  if (options_.crop == 0) return identity_plan(tile.height, tile.width);
  AugmentPlan middle = identity_plan(options_.crop, options_.crop);
  middle.crop_y = (tile.height - options_.crop) / 2;
  middle.crop_x = (tile.width - options_.crop) / 2;
  return middle;
}

Loader::Order Loader::order(int64_t epoch) {
  {
    std::lock_guard lock(mutex_);
    if (order_epoch_ == epoch) return order_;
  }
  std::vector<int64_t> v(static_cast<size_t>(source_->size()));
  if (options_.shuffle) {
    v = Random(options_.seed, kStream, epoch).permutation(source_->size());
  } else {
    std::iota(v.begin(), v.end(), int64_t{0});
  }
  auto made = std::make_shared<const std::vector<int64_t>>(std::move(v));
  std::lock_guard lock(mutex_);
  order_epoch_ = epoch;
  order_ = made;
  return made;
}

}  // namespace ppl
