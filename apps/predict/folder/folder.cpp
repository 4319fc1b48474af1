#include "apps/predict/folder/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "apps/common/app.h"
#include "apps/common/clock.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/predict/ensemble.h"
#include "apps/predict/folder/context.h"
#include "apps/predict/folder/folder_job.h"
#include "apps/predict/folder/large_images.h"
#include "apps/predict/folder/summary.h"
#include "apps/predict/image_scale.h"
#include "apps/predict/pipeline.h"
#include "apps/predict/reason.h"
#include "apps/predict/result_files.h"
#include "apps/predict/vectors.h"
#include "io/file.h"
#include "io/image/resample.h"
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

class FolderPrediction {
 public:
  FolderPrediction(const PredictOptions& o, Ensemble& ensemble, const std::vector<TileFile>& tiles, FolderJob& job)
      : options_(o),
        ensemble_(ensemble),
        tiles_(tiles),
        job_(job),
        blocks_(job.blocks()),
        large_(o, ensemble),
        scale_(o, ensemble.input()),
        progress_("predict", static_cast<int64_t>(tiles.size() - job.blocks().kept())) {
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
      if (work.error.empty() && large_.is_large(seen_of(work.loaded))) {
        if (!batch.empty()) under_way.add(begin(batch));
        under_way.finish_all();
        out.push(in_windows(std::move(work)));
        continue;
      }
      batch.push_back(std::move(work));
      if (last) under_way.add(begin(batch));  // so that a batch does not depend on which process has the next block
    }
  }

  void write(Result r) {
    const std::string& id = tiles_[r.work.tile].id;
    const Clock::time_point start = Clock::now();
    TileRecord record{id};
    if (r.work.error.empty()) {
      try {
        record = write_files(r);
      } catch (const std::exception& e) {
        r.work.error = reason(e);
      }
    }
    record.seconds = r.work.seconds + seconds_since(start);
    record.error = r.work.error;
    if (!record.error.empty()) log_error(fmt::format("predict: tile {}: {}", id, record.error));
    records_.push_back(std::move(record));
    if (r.work.last) blocks_.done(r.work.block, std::exchange(records_, {}));
    progress_.advance();
  }

 private:
  Work read(size_t block, size_t tile, bool last) const {
    const Clock::time_point start = Clock::now();
    Work work{block, tile, last, {}, "", 0};
    try {
      work.loaded = context_ ? context_->read(tile) : read_tile(tiles_[tile].image_path, ensemble_.input());
      scale_.resample(work.loaded, tiles_[tile].image_path);
    } catch (const std::exception& e) {
      work.error = reason(e);
    }
    work.seconds = seconds_since(start);
    return work;
  }

  TileRecord write_files(Result& r) const {
    const LoadedTile& loaded = r.work.loaded;
    const TilePaths& paths = job_.paths();
    const std::string& id = tiles_[r.work.tile].id;
    ResultSpec spec;
    spec.mask = paths.in_folder(paths.mask(id));
    for (const std::string& file : paths.probabilities(id)) spec.probabilities.push_back(paths.in_folder(file));
    spec.format = options_.format;
    spec.probability_format = options_.probabilities;
    spec.classes = ensemble_.classes();
    spec.threshold = ensemble_.threshold();
    if (!options_.uncertain.empty()) spec.certain_background = options_.uncertain[0];
    spec.height = loaded.tile.height;
    spec.width = loaded.tile.width;
    spec.place = loaded.place;
    fs::create_directories(fs::path(spec.mask).parent_path());
    Part whole{0, 0, spec.height, spec.width, std::move(r.probability), loaded.valid};
    whole.valid.resize(static_cast<size_t>(spec.height * spec.width), 1);
    ResultFiles files(spec);
    files.write(std::move(whole));
    files.commit_probabilities();
    files.commit_mask();
    TileRecord record = files.record(id, 0);
    job_.note_files(record, r.work.tile);
    return record;
  }

  static const Image& seen_of(const LoadedTile& loaded) {
    return loaded.seen.bytes.empty() ? loaded.image : loaded.seen;
  }

  void resample_back(LoadedTile& loaded, std::vector<float>& probability) const {
    if (loaded.seen.bytes.empty()) return;
    const Image& seen = loaded.seen;
    probability =
        resample(probability, seen.height, seen.width, ensemble_.classes(), loaded.image.height, loaded.image.width);
    loaded.seen = {};
  }

  bool fits(const std::vector<Work>& batch, const Work& next) const {
    const Image &a = seen_of(batch.front().loaded), &b = seen_of(next.loaded);
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
      for (Result& r : results) r.work.error = reason(e);
    }
    for (Result& r : results) r.work.seconds += seconds_since(start) / static_cast<double>(results.size());
  }

  static const std::vector<uint8_t>& flags_of(const LoadedTile& loaded) {
    return loaded.seen.bytes.empty() ? loaded.valid : loaded.seen_valid;
  }

  // Windows begin and finish batches of their own.
  Result in_windows(Work work) {
    Results one;
    one.push_back({std::move(work), {}});
    on_clock(one, [&] {
      LoadedTile& loaded = one.front().work.loaded;
      std::vector<float>& probability = one.front().probability;
      probability = large_.predict(tiles_[one.front().work.tile].image_path, seen_of(loaded), flags_of(loaded));
      resample_back(loaded, probability);
      cut_margin(loaded, probability, ensemble_.classes());
    });
    return std::move(one.front());
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
        const std::vector<uint8_t>& flags = flags_of(r.work.loaded);
        images.push_back(&seen_of(r.work.loaded));
        valid.push_back(flags.empty() ? nullptr : &flags);
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
        resample_back(r.work.loaded, r.probability);
        cut_margin(r.work.loaded, r.probability, ensemble_.classes());
      }
    });
  }

  const PredictOptions& options_;
  Ensemble& ensemble_;
  const std::vector<TileFile>& tiles_;
  FolderJob& job_;
  Blocks& blocks_;
  LargeImages large_;
  const ImageScale scale_;
  std::unique_ptr<TileContext> context_;
  Progress progress_;
  std::vector<TileRecord> records_;  // of the block in work
};

std::vector<TileRecord> predict_tiles(const PredictOptions& o, Ensemble& ensemble, const std::vector<TileFile>& tiles,
                                      FolderJob& job) {
  FolderPrediction prediction(o, ensemble, tiles, job);
  run_pipeline<std::future<Work>, Result>(
      kAhead, [&](BoundedQueue<std::future<Work>>& queue) { prediction.read_all(queue); },
      [&](BoundedQueue<std::future<Work>>& in, BoundedQueue<Result>& out) { prediction.compute_all(in, out); },
      [&](Result r) { prediction.write(std::move(r)); }, [&] { job.blocks().stop(); });
  if (!job.blocks().complete())
    throw Interrupted(cat("stopped; what is done stays in ", o.out, ", and the same command with --existing skip ",
                          "(or --share) goes on"));
  return job.blocks().records();
}

}  // namespace

void predict_folder(const PredictOptions& o) {
  check_windows(o);
  Ensemble ensemble(o);
  check_vectors(o, ensemble.classes());
  const ImageList list = find_images(o.images, {o.recursive, o.pattern});
  for (const std::string& note : list.notes) log_line(note);
  check_places(o, list.tiles);
  ImageScale(o, ensemble.input()).compare(list.tiles);
  watch_signals();
  FolderJob job(o, ensemble, list.tiles);
  ManifestRoom room(o.out, list.tiles.size() + list.problems.size());
  const Clock::time_point start = Clock::now();
  std::vector<TileRecord> records = predict_tiles(o, ensemble, list.tiles, job);
  const double seconds = seconds_since(start);
  for (const TileProblem& p : list.problems) {
    log_error(fmt::format("predict: {}", p.what));
    records.push_back({p.id, 0, 0, 0, p.what});
  }
  room.give_back();
  write_file(o.out + "/manifest.jsonl", manifest_of(records));
  tell_masks(o, records, job.blocks().kept(), seconds);
  const auto failed = static_cast<size_t>(
      std::count_if(records.begin(), records.end(), [](const TileRecord& r) { return !r.error.empty(); }));
  if (!o.vectors.empty() && failed < records.size())
    job.once(cat(word_of(kThemes, o.theme), o.label, text_of(o.roads, o.buildings), missing_text(o)), records,
             o.vectors, [&] { write_vectors_of_tiles(o, ensemble.classes(), list.tiles, records); });
  PPL_CHECK(failed == 0, failed, " of ", records.size(), " tiles failed");
}

}  // namespace ppl::apps
