// Batches of tiles, made by worker threads ahead of their use.
#pragma once

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/tensor.h"
#include "io/tiles/augment.h"
#include "io/tiles/epoch_order.h"
#include "io/tiles/tiles.h"

namespace ppl {

// 8-bit crops, and what DeviceAugment is to make of them.
struct RawCrops {
  Tensor images, masks;  // u8 [N, H, W, bands], [N, H, W]
  Tensor maps;           // of weights, u8 [N, H, W]; undefined where none count
  std::vector<AugmentPlan> plans;
};

// Images, targets and weights are undefined where raw holds the tiles (LoaderOptions::raw).
struct Batch {
  Tensor images;                 // [N, H, W, bands] f32 or bf16, normalised
  Tensor targets;                // [N, H, W, classes] u8: 0, 1, 255 = ignored
  Tensor weights;                // [N, H, W, classes] f32, of the loss; undefined where all are 1
  int64_t valid = 0;             // elements of targets that are not ignored
  std::vector<std::string> ids;  // N; none where this rank has no tile in the batch: then N is 1 and all is ignored
  std::vector<int64_t> indices;  // as ids, into the source
  RawCrops raw;
  int64_t epoch = 0, number = 0;  // number: within the epoch, from 0
};

// What a pixel counts in the loss: (1 + map d / 255), d the tile's map of weights; times foreground[class] where the
// target of the class is 1.
struct PixelWeights {
  double map = 0;
  std::vector<double> foreground;  // empty: 1 for each class
  bool needed() const { return map != 0 || !foreground.empty(); }
};

struct LoaderOptions {
  int batch = 8;  // of each rank
  // Side of the square crop. 0: whole tiles; then a batch ends early where the next tile has another size, which
  // cannot be combined with shuffle (unless batch is 1).
  int crop = 0;
  bool shuffle = true;
  bool drop_last = true;                                      // leave out what does not fill the last batch
  std::optional<Augmentation> augmentation = Augmentation{};  // none: with a crop, the middle of the tile
  double empty_crops = 1;    // share of crops without foreground that stay where they are (avoid_empty)
  DType dtype = DType::f32;  // f32 or bf16
  uint64_t seed = 0;
  int threads = 2;
  int prefetch = 4;  // batches finished or in the making
  // With tiles_per_epoch, an epoch is drawn from the source's parts as EpochOrder says; else it has every tile once.
  std::vector<SourceShare> shares;
  int64_t tiles_per_epoch = 0;
  PixelWeights weights;
  bool raw = false;  // hand out crops and plans; a batch without tiles is made as ever
  // Of several processes that share each batch of batch * ranks tiles: this one gets the rank-th part, and of the last
  // batch, if it is not full, parts that differ by at most one tile.
  int rank = 0, ranks = 1;

  // Whole tiles in order, nothing changed, every tile once.
  static LoaderOptions validation(int batch = 1, DType dtype = DType::f32);
};

// An endless row of batches: epoch 0's, epoch 1's, ... What a batch holds depends on the options, its epoch and its
// number alone, not on threads or on what was asked before. Workers start at the first next(). The next epoch's first
// batches are made while the caller still validates.
class Loader {
 public:
  // Error where the options do not fit the tiles.
  Loader(std::shared_ptr<const TileSource>, LoaderOptions);
  ~Loader();  // at any time; batches in the making are given up
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  const TileSource& source() const { return *source_; }
  int64_t batches_per_epoch() const { return static_cast<int64_t>(cuts_.size()) - 1; }
  // Tiles of all ranks in the batches before this one, in its epoch.
  int64_t tiles_before(int64_t number) const { return cuts_[static_cast<size_t>(number)]; }
  // The next batch. Rethrows what a worker met, as an Error that names the tile; the position then is past that batch.
  Batch next();
  // The next batch will be this one. Costs nothing beyond giving up batches made ahead.
  void seek(int64_t epoch, int64_t number = 0);
  // Seconds that next() has waited since the last call of this.
  double take_wait_seconds();

 private:
  struct Made {
    Batch batch;
    std::exception_ptr error;
  };
  using Order = std::shared_ptr<const std::vector<Draw>>;

  void plan_order();
  void plan_batches();
  std::pair<int64_t, int64_t> part(int64_t number) const;
  void work();
  Batch make(int64_t position, AugmentScratch&);
  void make_empty(Batch&) const;
  void make_tensors(Batch&, const Shape&) const;
  void fill_raw(Batch&, std::span<const Draw>, const Shape&, AugmentScratch&) const;
  Tile load(const Draw&) const;
  // The tile and what is to be made of it.
  std::pair<AugmentPlan, Tile> take(const Draw&) const;
  template <class T>
  void fill(Batch&, std::span<const Draw>, const NormaliseTables<T>&, AugmentScratch&) const;
  AugmentPlan plan(const Draw&) const;
  Order order(int64_t epoch);

  std::shared_ptr<const TileSource> source_;
  LoaderOptions options_;
  NormaliseTables<float> f32_tables_;
  NormaliseTables<bf16> bf16_tables_;
  EpochOrder epoch_order_;
  std::vector<int64_t> cuts_;  // where each batch starts in an epoch's order, and the end of the last

  std::mutex mutex_;
  std::condition_variable made_, wanted_;
  std::map<int64_t, Made> ready_;       // by position: epoch * batches_per_epoch + number
  int64_t position_ = 0, claimed_ = 0;  // next to hand out, next to make
  uint64_t generation_ = 0;             // raised by seek(): what was begun before is thrown away
  bool stop_ = false;
  double waited_ = 0;
  int64_t order_epoch_ = -1;  // the order kept in order_
  Order order_;
  std::vector<std::thread> threads_;
};

}  // namespace ppl
