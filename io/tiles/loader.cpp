#include "io/tiles/loader.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "io/tiles/crop_changes.h"

namespace ppl {
namespace {

// work(k) for each tile of a batch; errors name the tile.
template <class Work>
void for_tiles(std::span<const Draw> draws, const TileSource& source, Work&& work) {
  for (size_t k = 0; k < draws.size(); ++k) {
    try {
      work(static_cast<int64_t>(k));
    } catch (const std::exception& e) {
      throw Error(cat("tile ", source.entry(draws[k].index).id, ": ", e.what()));
    }
  }
}

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
  PPL_CHECK(options_.ranks >= 1 && options_.rank >= 0 && options_.rank < options_.ranks, "loader: rank ", options_.rank,
            " of ", options_.ranks);
  const auto& foreground = options_.weights.foreground;
  PPL_CHECK(foreground.empty() || foreground.size() == static_cast<size_t>(source_->classes()),
            "loader: ", foreground.size(), " weights of classes for ", source_->classes(), " classes");
  plan_order();
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

void Loader::plan_order() {
  if (options_.tiles_per_epoch == 0) {
    epoch_order_ = EpochOrder(source_->size(), options_.shuffle, options_.seed);
    return;
  }
  int64_t tiles = 0;
  for (const SourceShare& s : options_.shares) tiles += s.tiles;
  PPL_CHECK(tiles == source_->size() && options_.shuffle && options_.crop > 0, "loader: sources of ", tiles,
            " tiles drawn in proportion from ", source_->size(), "; they need a crop and a random order");
  epoch_order_ = EpochOrder(options_.shares, options_.tiles_per_epoch, options_.seed);
}

void Loader::plan_batches() {
  const int64_t n = epoch_order_.size(), batch = int64_t{options_.batch} * options_.ranks;
  cuts_ = {0};
  for (int64_t i = 1; i < n; ++i) {
    bool other_size = false;
    if (options_.crop == 0) {
      const auto &tile = source_->entry(i), &before = source_->entry(i - 1);
      other_size = tile.height != before.height || tile.width != before.width;
      PPL_CHECK(!other_size || !options_.shuffle || batch == 1, "loader: tiles ", before.id, " and ", tile.id,
                " differ in size, so shuffled batches need a crop");
    }
    if (other_size || i - cuts_.back() == batch) cuts_.push_back(i);
  }
  if (!options_.drop_last || n - cuts_.back() == batch) cuts_.push_back(n);
  PPL_CHECK(n > 0 && cuts_.size() > 1, "loader: ", n, " tiles do not fill one batch of ", batch);
}

// This rank's tiles of a batch, in the epoch's order. Rank 0 never goes without.
std::pair<int64_t, int64_t> Loader::part(int64_t number) const {
  const int64_t begin = cuts_[static_cast<size_t>(number)], n = cuts_[static_cast<size_t>(number) + 1] - begin;
  const auto bound = [&](int64_t rank) { return begin + ceil_div(rank * n, options_.ranks); };
  return {bound(options_.rank), bound(options_.rank + 1)};
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
  const auto [begin, end] = part(b.number);
  const std::span<const Draw> draws(in_order->data() + begin, static_cast<size_t>(end - begin));
  for (const Draw& d : draws) {
    b.indices.push_back(d.index);
    b.ids.push_back(source_->entry(d.index).id);
  }
  const auto n = std::max<int64_t>(1, end - begin);
  const auto& first = source_->entry(draws.empty() ? 0 : draws[0].index);
  const int64_t height = options_.crop ? options_.crop : first.height;
  const int64_t width = options_.crop ? options_.crop : first.width;
  const Shape shape{n, height, width};
  if (draws.empty()) {
    make_tensors(b, shape);
    make_empty(b);
  } else if (options_.raw) {
    fill_raw(b, draws, shape, scratch);
  } else {
    make_tensors(b, shape);
    options_.dtype == DType::f32 ? fill(b, draws, f32_tables_, scratch) : fill(b, draws, bf16_tables_, scratch);
    const uint8_t* t = b.targets.data<uint8_t>();
    b.valid = b.targets.size() - std::count(t, t + b.targets.size(), 255);
  }
  return b;
}

// shape: [N, H, W]
void Loader::make_tensors(Batch& b, const Shape& shape) const {
  const auto with = [&](int64_t last) { return Shape{shape[0], shape[1], shape[2], last}; };
  b.images = Tensor::empty(with(source_->input().band_count()), options_.dtype);
  b.targets = Tensor::empty(with(source_->classes()), DType::u8);
  if (options_.weights.needed()) b.weights = Tensor::empty(b.targets.shape());
}

void Loader::make_empty(Batch& b) const {
  std::memset(b.images.raw(), 0, b.images.bytes());
  std::memset(b.targets.raw(), 255, b.targets.bytes());
  if (b.weights.defined()) std::memset(b.weights.raw(), 0, b.weights.bytes());
}

Tile Loader::load(const Draw& draw) const {
  const Tile tile = source_->load(draw.index);
  PPL_CHECK(options_.weights.map == 0 || tile.weight, "has no map of weights");
  PPL_CHECK(tile.bands == source_->input().band_count(), "a tile of ", tile.bands, " bands, expected ",
            source_->input().band_count());
  return tile;
}

template <class T>
void Loader::fill(Batch& b, std::span<const Draw> draws, const NormaliseTables<T>& tables,
                  AugmentScratch& scratch) const {
  const int64_t n = b.images.dim(0), image = b.images.size() / n, target = b.targets.size() / n;
  const int64_t pixels = target / source_->classes();
  const PixelWeights& w = options_.weights;
  std::vector<uint8_t> moved(w.map != 0 ? static_cast<size_t>(pixels) : 0);
  uint8_t* map = moved.empty() ? nullptr : moved.data();
  for_tiles(draws, *source_, [&](int64_t k) {
    const Draw& draw = draws[static_cast<size_t>(k)];
    uint8_t* to = b.targets.data<uint8_t>() + k * target;
    const auto [plan, tile] = take(draw);
    apply_plan(plan, tile, source_->classes(), tables, b.images.data<T>() + k * image, to, scratch, map);
    if (b.weights.defined())
      pixel_weights(pixels, source_->classes(), w.map, map, w.foreground.empty() ? nullptr : w.foreground.data(), to,
                    b.weights.data<float>() + k * target);
  });
}

// shape: [N, H, W]
void Loader::fill_raw(Batch& b, std::span<const Draw> draws, const Shape& shape, AugmentScratch& scratch) const {
  const int64_t pixels = shape[1] * shape[2], bands = source_->input().band_count();
  b.raw.images = Tensor::empty({shape[0], shape[1], shape[2], bands}, DType::u8);
  b.raw.masks = Tensor::empty(shape, DType::u8);
  if (options_.weights.map != 0) b.raw.maps = Tensor::empty(shape, DType::u8);
  for_tiles(draws, *source_, [&](int64_t k) {
    const auto [plan, tile] = take(draws[static_cast<size_t>(k)]);
    b.raw.plans.push_back(plan);
    b.valid += copy_crop(plan, tile, source_->classes(), b.raw.images.data<uint8_t>() + k * pixels * bands,
                         b.raw.masks.data<uint8_t>() + k * pixels,
                         b.raw.maps.defined() ? b.raw.maps.data<uint8_t>() + k * pixels : nullptr, scratch);
  });
}

std::pair<AugmentPlan, Tile> Loader::take(const Draw& draw) const {
  Tile tile = load(draw);
  AugmentPlan p = plan(draw);
  if (!options_.augmentation || options_.crop == 0) return {p, tile};
  const Augmentation& a = *options_.augmentation;
  if (options_.empty_crops < 1) avoid_empty(p, tile, options_.empty_crops, options_.seed, draw.pass, draw.index);
  if (!a.changes_crops()) return {p, tile};
  const CropChanges changes = draw_changes(a, options_.seed, draw.pass, draw.index, p.height, p.width, tile.bands);
  if (changes.none()) return {p, tile};
  tile = change_crop(p, changes, tile, source_->classes());
  p.crop_y = p.crop_x = 0;
  return {p, tile};
}

AugmentPlan Loader::plan(const Draw& draw) const {
  const auto& tile = source_->entry(draw.index);
  if (options_.augmentation) {
    return draw_plan(*options_.augmentation, options_.seed, draw.pass, draw.index, tile.height, tile.width,
                     options_.crop);
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
  auto made = std::make_shared<const std::vector<Draw>>(epoch_order_.draw(epoch));
  std::lock_guard lock(mutex_);
  order_epoch_ = epoch;
  order_ = made;
  return made;
}

}  // namespace ppl
