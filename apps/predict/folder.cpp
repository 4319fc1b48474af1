#include "apps/predict/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "apps/common/clock.h"
#include "apps/common/log.h"
#include "apps/predict/blocks.h"
#include "apps/predict/context.h"
#include "apps/predict/ensemble.h"
#include "apps/predict/job.h"
#include "apps/predict/pipeline.h"
#include "apps/predict/tile_files.h"
#include "apps/predict/vectors.h"
#include "io/file.h"
#include "io/tiles/image_list.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

constexpr size_t kAhead = 4;  // images decoded or waiting to be written
constexpr int64_t kBatchPixels = 512 * 512;

struct Work {
  size_t block = 0, tile = 0;
  bool last = false;  // of its block
  LoadedTile loaded;
  std::string error;
  double seconds = 0;
};

struct Result {
  Work work;
  std::vector<float> probability;  // [height, width, classes]
};
using Results = std::vector<Result>;  // of a batch

TileRecord summary(const Result& r, const std::string& id, int classes, double threshold) {
  TileRecord record{id, 0, 0, r.work.seconds, r.work.error};
  if (!r.work.error.empty()) return record;
  const auto n = static_cast<size_t>(classes);
  const size_t pixels = r.probability.size() / n;
  for (size_t i = 0; i < pixels; ++i) {
    const auto begin = r.probability.begin() + static_cast<std::ptrdiff_t>(i * n);
    const float best = *std::max_element(begin, begin + classes);
    record.foreground += best > static_cast<float>(threshold);
    record.confidence += std::max(best, 1 - best);
  }
  record.foreground /= static_cast<double>(pixels);
  record.confidence /= static_cast<double>(pixels);
  return record;
}

class FolderPrediction {
 public:
  FolderPrediction(const PredictOptions& o, Ensemble& ensemble, const std::vector<TileFile>& tiles, Blocks& blocks)
      : options_(o),
        ensemble_(ensemble),
        tiles_(tiles),
        blocks_(blocks),
        files_(o, ensemble),
        progress_("predict", static_cast<int64_t>(tiles.size())) {
    if (o.context > 0) context_ = std::make_unique<TileContext>(tiles, o.context, ensemble.input());
  }

  // Images are decoded on threads of their own, in order, as many at once as there is room for in the queue.
  void read_all(BoundedQueue<std::future<Work>>& queue) {
    while (const std::optional<size_t> block = blocks_.next()) {
      const size_t begin = *block * kBlockTiles, end = std::min(begin + kBlockTiles, tiles_.size());
      for (size_t i = begin; i < end; ++i) {
        queue.push(std::async(std::launch::async, [this, block, i, end] { return read(*block, i, i + 1 == end); }));
      }
    }
  }

  void compute_all(BoundedQueue<std::future<Work>>& in, BoundedQueue<Result>& out) {
    UnderWay<Results> under_way(ensemble_.ahead(), [&](Results results) {
      if (results.front().work.error.empty()) finish(results);
      for (Result& r : results) out.push(std::move(r));
    });
    std::vector<Work> batch;
    while (std::optional<std::future<Work>> future = under_way.next(in)) {
      Work work = future->get();
      if (!batch.empty() && !fits(batch, work)) under_way.add(begin(batch));
      const bool last = work.last;
      batch.push_back(std::move(work));
      if (last) under_way.add(begin(batch));  // so that a batch does not depend on which process has the next block
    }
  }

  void write(Result r) {
    const std::string& id = tiles_[r.work.tile].id;
    const Clock::time_point start = Clock::now();
    if (r.work.error.empty()) {
      try {
        files_.write(id, r.work.loaded, r.probability);
      } catch (const std::exception& e) {
        r.work.error = e.what();
      }
    }
    r.work.seconds += seconds_since(start);
    if (!r.work.error.empty()) log_error(fmt::format("predict: tile {}: {}", id, r.work.error));
    records_.push_back(summary(r, id, ensemble_.classes(), ensemble_.threshold()));
    if (r.work.last) blocks_.done(r.work.block, std::exchange(records_, {}));
    progress_.advance();
  }

 private:
  Work read(size_t block, size_t tile, bool last) const {
    const Clock::time_point start = Clock::now();
    Work work{block, tile, last, {}, "", 0};
    try {
      work.loaded = context_ ? context_->read(tile) : read_tile(tiles_[tile].image_path, ensemble_.input());
    } catch (const std::exception& e) {
      work.error = e.what();
    }
    work.seconds = seconds_since(start);
    return work;
  }

  bool fits(const std::vector<Work>& batch, const Work& next) const {
    const Image &a = batch.front().loaded.image, &b = next.loaded.image;
    const int64_t limit = options_.batch > 0
                              ? options_.batch
                              : std::max<int64_t>(1, kBatchPixels / std::max<int64_t>(1, a.height * a.width));
    return batch.front().error.empty() && next.error.empty() && a.height == b.height && a.width == b.width &&
           static_cast<int64_t>(batch.size()) < limit;
  }

  // Runs a part of a batch's computing. What it throws becomes the tiles' error; the time is shared among them.
  template <class Part>
  static void on_clock(Results& results, Part&& part) {
    const Clock::time_point start = Clock::now();
    try {
      part();
    } catch (const std::exception& e) {
      for (Result& r : results) r.work.error = e.what();
    }
    for (Result& r : results) r.work.seconds += seconds_since(start) / static_cast<double>(results.size());
  }

  // The batch on its way, or with an error.
  Results begin(std::vector<Work>& batch) {
    Results results;
    for (Work& work : batch) results.push_back({std::move(work), {}});
    batch.clear();
    if (!results.front().work.error.empty()) return results;
    on_clock(results, [&] {
      std::vector<const Image*> images;
      std::vector<const std::vector<uint8_t>*> valid;
      for (const Result& r : results) {
        images.push_back(&r.work.loaded.image);
        valid.push_back(r.work.loaded.valid.empty() ? nullptr : &r.work.loaded.valid);
      }
      ensemble_.begin(images, valid);
    });
    return results;
  }

  void finish(Results& results) {
    on_clock(results, [&] {
      const Tensor probability = ensemble_.finish();
      const int64_t values = probability.size() / probability.dim(0);
      const float* from = probability.data<float>();
      for (Result& r : results) {
        r.probability.assign(from, from + values);
        from += values;
        cut_margin(r.work.loaded, r.probability, ensemble_.classes());
      }
    });
  }

  const PredictOptions& options_;
  Ensemble& ensemble_;
  const std::vector<TileFile>& tiles_;
  Blocks& blocks_;
  const TileFiles files_;
  std::unique_ptr<TileContext> context_;
  Progress progress_;
  std::vector<TileRecord> records_;  // of the block in work
};

std::vector<std::string> names_of(const std::vector<TileFile>& tiles) {
  std::vector<std::string> names;
  for (const TileFile& tile : tiles) names.push_back(tile.id + '\n' + tile.image_path);
  return names;
}

std::unique_ptr<Blocks> make_blocks(const PredictOptions& o, const Ensemble& ensemble,
                                    const std::vector<TileFile>& tiles) {
  const size_t count = (tiles.size() + kBlockTiles - 1) / kBlockTiles;
  if (!o.share) return own_blocks(count);
  const TileFiles files(o, ensemble);
  return shared_blocks(count, o.out + "/" + job_name(o, ensemble, names_of(tiles)), o.lease,
                       [&](const TileRecord& r) { return fs::exists(files.mask_path(r.id)); });
}

// Of all masks, by one of the processes.
void vectorize(const PredictOptions& o, const Ensemble& ensemble, const std::vector<TileFile>& tiles,
               const std::vector<TileRecord>& records) {
  const std::string folder = o.out + "/" + job_name(o, ensemble, names_of(tiles)) + "/vectors";
  const std::unique_ptr<Blocks> once =
      o.share ? shared_blocks(1, folder, o.lease, [](const TileRecord&) { return false; }) : own_blocks(1);
  while (const std::optional<size_t> block = once->next()) {
    write_vectors_of_tiles(o, ensemble.classes(), tiles, records);
    once->done(*block, {{"vectors", 0, 0, 0, ""}});
  }
}

}  // namespace

void predict_folder(const PredictOptions& o) {
  Ensemble ensemble(o);
  check_vectors(o, ensemble.classes());
  const ImageList list = find_images(o.images, {o.recursive, o.pattern});
  fs::create_directories(o.out);
  ManifestRoom room(o.out, list.tiles.size() + list.problems.size());
  const std::unique_ptr<Blocks> blocks = make_blocks(o, ensemble, list.tiles);
  FolderPrediction prediction(o, ensemble, list.tiles, *blocks);
  run_pipeline<std::future<Work>, Result>(
      kAhead, [&](BoundedQueue<std::future<Work>>& queue) { prediction.read_all(queue); },
      [&](BoundedQueue<std::future<Work>>& in, BoundedQueue<Result>& out) { prediction.compute_all(in, out); },
      [&](Result r) { prediction.write(std::move(r)); }, [&] { blocks->stop(); });

  std::vector<TileRecord> records = blocks->records();
  for (const TileProblem& p : list.problems) {
    log_error(fmt::format("predict: {}", p.what));
    records.push_back({p.id, 0, 0, 0, p.what});
  }
  std::string manifest;
  size_t failed = 0;
  for (const TileRecord& r : records) {
    manifest += to_line(r);
    failed += !r.error.empty();
  }
  room.give_back();
  write_file(o.out + "/manifest.jsonl", manifest);
  log_line(fmt::format("predict: {} masks in {}", records.size() - failed, o.out));
  if (!o.vectors.empty() && failed < records.size()) vectorize(o, ensemble, list.tiles, records);
  PPL_CHECK(failed == 0, failed, " of ", records.size(), " tiles failed");
}

}  // namespace ppl::apps
