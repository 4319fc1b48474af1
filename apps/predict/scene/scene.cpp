#include "apps/predict/scene/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "apps/common/app.h"
#include "apps/common/clock.h"
#include "apps/common/fingerprint.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/predict/folder/large_images.h"
#include "apps/predict/job.h"
#include "apps/predict/pipeline.h"
#include "apps/predict/scene/output.h"
#include "apps/predict/scene/rows.h"
#include "apps/predict/scene/windows.h"
#include "apps/predict/vectors.h"
#include "io/file.h"
#include "io/places/scene_mosaic.h"
#include "io/tiles/image_list.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

// An image, or a folder's images as one.
struct OpenScene {
  std::unique_ptr<SceneSource> source;
  const SceneMosaic* mosaic = nullptr;
  std::vector<std::string> files;      // that it is made of
  std::vector<TileRecord> not_listed;  // what the folder could not say

  // Tiles that could not be used, so far.
  std::vector<TileRecord> problems() const {
    std::vector<TileRecord> records = not_listed;
    if (mosaic)
      for (const TileProblem& p : mosaic->problems()) records.push_back({p.id, 0, 0, 0, p.what});
    return records;
  }
};

OpenScene open_scene(const PredictOptions& o, const std::vector<int>& bands) {
  OpenScene scene;
  if (!o.mosaic) {
    auto reader = std::make_unique<SceneReader>(o.images, bands, o.window);
    if (const std::string lost = reader->georeference() ? "" : lost_placement(o.images); !lost.empty())
      log_line(fmt::format("predict: {}: {} place it, which results do not keep; gdalwarp makes a placed image of it",
                           o.images, lost));
    scene.files = reader->files();
    scene.source = std::move(reader);
    return scene;
  }
  const ImageList list = find_images(o.images, {o.recursive, o.pattern});
  for (const std::string& note : list.notes) log_line(note);
  auto mosaic = std::make_unique<SceneMosaic>(list.tiles, bands, o.window);
  for (const TileFile& tile : list.tiles) scene.files.push_back(tile.image_path);
  for (const TileProblem& p : list.problems) scene.not_listed.push_back({p.id, 0, 0, 0, p.what});
  scene.mosaic = mosaic.get();
  scene.source = std::move(mosaic);
  return scene;
}

void tell(const PredictOptions& o, const SceneOutput& output, const SceneSource& scene, double seconds) {
  log_line(fmt::format("predict: {}: {} of {} pixels with data, {:.2f} % of them foreground; {:.3g} s", o.out,
                       output.valid(), scene.height() * scene.width(), 100 * output.record(0).foreground, seconds));
}

// Of a mosaic: a line for all of it, and one for each tile that could not be used. Several rows may have met the same.
void write_manifest(const ScenePaths& paths, const TileRecord& whole, const std::vector<TileRecord>& records) {
  if (paths.manifest.empty()) return;
  std::map<std::string, TileRecord> problems;
  for (const TileRecord& r : records)
    if (!r.error.empty()) problems.emplace(r.id, r);
  std::string manifest = to_line(whole);
  for (const auto& [id, record] : problems) manifest += to_line(record);
  write_file(paths.manifest, manifest);
}

// The tiles that the manifest names, said aloud. Error where there are such.
void tell_problems(const ScenePaths& paths) {
  if (paths.manifest.empty()) return;
  size_t problems = 0;
  for (const TileRecord& r : parse_lines(read_text(paths.manifest), paths.manifest)) {
    if (r.error.empty()) continue;
    log_error(fmt::format("predict: tile {}: {}", r.id, r.error));
    ++problems;
  }
  PPL_CHECK(problems == 0, problems, " tiles could not be used");
}

void run(SceneWindows& prediction, Blocks& rows, const std::function<void(Finished)>& write) {
  run_pipeline<Seen, Finished>(
      2, [&](BoundedQueue<Seen>& queue) { prediction.read_all(queue, rows); },
      [&](BoundedQueue<Seen>& in, BoundedQueue<Finished>& out) { prediction.compute_all(in, out); },
      [&](Finished finished) { write(std::move(finished)); }, [&] { rows.stop(); });
}

// One scene, its files, and what the mask notes of the job.
struct SceneJob {
  const PredictOptions& options;
  Ensemble& ensemble;
  OpenScene scene;
  ScenePaths paths;
  std::string note;
  Clock::time_point start;

  // Whether the result is there, as this job makes it.
  bool is_done() const {
    const std::vector<std::string> files = paths.all();
    return std::all_of(files.begin(), files.end(), [](const auto& f) { return fs::exists(f); }) &&
           read_note(paths.mask) == note;
  }

  // Puts the finished parts into files; problems: of tiles, once all parts are there.
  TileRecord write(const std::function<void(SceneOutput&)>& fill,
                   const std::function<std::vector<TileRecord>()>& problems) const {
    SceneOutput output(options, *scene.source, ensemble, note);
    fill(output);
    TileRecord whole = output.record(seconds_since(start));
    output.commit();
    write_manifest(paths, whole, problems());
    tell(options, output, *scene.source, whole.seconds);
    return whole;
  }
};

void predict_alone(const SceneJob& job) {
  SceneWindows prediction(job.options, job.ensemble, *job.scene.source);
  const auto rows = own_blocks(static_cast<size_t>(prediction.rows().count()));
  job.write(
      [&](SceneOutput& output) {
        run(prediction, *rows, [&](Finished finished) { output.write(std::move(finished.part)); });
      },
      [&] { return job.scene.problems(); });
}

// Beside the result; holds a file a row of windows until one process has put them together.
std::string rows_folder(const SceneJob& job) {
  const fs::path out(job.options.out);
  return (out.parent_path() / cat(".predict-", out.filename().string(), "-", job.note)).string();
}

std::unique_ptr<Blocks> shared_rows(const SceneJob& job, const SceneRows& files, size_t count) {
  BlockFolder rows{rows_folder(job), count, {}, job.options.lease};
  rows.earlier = [&](size_t row) {
    std::optional<std::vector<TileRecord>> records = read_records(block_file(rows.folder, row));
    // A row that met damaged tiles is done again: somebody may have mended them.
    const bool whole = records && files.is_there(static_cast<int64_t>(row)) &&
                       std::all_of(records->begin(), records->end(), [](const auto& r) { return r.error.empty(); });
    return whole ? records : std::nullopt;
  };
  return kept_blocks(rows);
}

void share_rows(const SceneJob& job, SceneRows& files, SceneWindows& prediction, Blocks& rows) {
  size_t told = job.scene.problems().size();
  run(prediction, rows, [&](const Finished& finished) {
    files.write(finished);
    if (finished.window_column + 1 < prediction.columns().count()) return;
    // Only what is new: a row with an error is done again by the next run.
    std::vector<TileRecord> records = job.scene.problems();
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(told));
    told += records.size();
    records.push_back({fs::path(files.path(finished.window_row)).filename().string()});
    rows.done(static_cast<size_t>(finished.window_row), std::move(records));
  });
}

void check_complete(const Blocks& blocks) {
  if (!blocks.complete()) throw Interrupted("stopped; what is done stays, and the same command goes on");
}

void put_together(const SceneJob& job, const SceneRows& files, Blocks& rows, Blocks& whole) {
  while (const std::optional<size_t> block = whole.next()) {
    const TileRecord record =
        job.write([&](SceneOutput& output) { files.put_together([&](Part part) { output.write(std::move(part)); }); },
                  [&] {
                    std::vector<TileRecord> records = job.scene.problems();
                    const std::vector<TileRecord> of_rows = rows.records();
                    records.insert(records.end(), of_rows.begin(), of_rows.end());
                    return records;
                  });
    whole.done(*block, {record});
  }
  check_complete(whole);
}

void predict_shared(const SceneJob& job) {
  const PredictOptions& o = job.options;
  const std::string folder = rows_folder(job);
  watch_signals();
  try {
    const auto whole = kept_blocks({folder + "/whole", 1, [](size_t) { return std::nullopt; }, o.lease});
    SceneWindows prediction(o, job.ensemble, *job.scene.source);
    SceneRows files(folder, prediction.rows(), prediction.columns(), job.ensemble.classes());
    const auto rows = shared_rows(job, files, static_cast<size_t>(prediction.rows().count()));
    share_rows(job, files, prediction, *rows);
    check_complete(*rows);
    put_together(job, files, *rows, *whole);
  } catch (const std::exception&) {
    // One that slept while others took its work over finds the job's folder gone.
    if (!job.is_done()) throw;
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

// Error where something is there that must not be replaced.
void check_existing(const SceneJob& job) {
  const PredictOptions& o = job.options;
  std::vector<std::string> inputs = weights_files(o);
  inputs.push_back(o.images);
  inputs.insert(inputs.end(), o.maps.begin(), o.maps.end());
  inputs.insert(inputs.end(), job.scene.files.begin(), job.scene.files.end());
  const Existing existing = o.existing_or_default();
  check_outputs(job.paths.all(), inputs, existing);
  for (const std::string& path : {job.paths.mask, job.paths.probability}) {
    if (path.empty() || !fs::exists(path)) continue;
    const std::string note = read_note(path);
    PPL_CHECK(!note.empty(), path, ": is there already and was not written by predict; name another output");
    PPL_CHECK(existing == Existing::overwrite || note == job.note, path,
              ": is the result of another job; --existing overwrite replaces it");
  }
  if (existing == Existing::overwrite || fs::exists(job.paths.mask) || fs::exists(rows_folder(job))) return;
  for (const std::string& path : job.paths.all())
    PPL_CHECK(path == job.paths.probability || !fs::exists(path), path,
              ": is there already, but not the mask that it would belong to; --existing overwrite replaces it");
}

}  // namespace

void predict_scene(const PredictOptions& o) {
  const auto start = Clock::now();
  check_windows(o);
  Ensemble ensemble(o);
  check_vectors(o, ensemble.classes());
  SceneJob job{o, ensemble, open_scene(o, ensemble.input().bands), ScenePaths(o), "", start};
  std::vector<std::string> stamps;
  for (const std::string& file : job.scene.files) stamps.push_back(stamp_of(file));
  job.note = job_hash(scene_settings(o, ensemble), stamps);
  check_existing(job);
  remove_abandoned(fs::absolute(o.out).parent_path().string(), job.paths.id);
  // Of processes that share a job with overwrite the later ones join the first.
  if ((o.share || o.existing_or_default() == Existing::skip) && job.is_done())
    log_line(fmt::format("predict: {} is there already", o.out));
  else if (o.share)
    predict_shared(job);
  else
    predict_alone(job);
  tell_problems(job.paths);
}

}  // namespace ppl::apps
