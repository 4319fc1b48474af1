#include "apps/predict/scene.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>

#include "apps/common/clock.h"
#include "apps/common/log.h"
#include "apps/predict/job.h"
#include "apps/predict/pipeline.h"
#include "apps/predict/scene_output.h"
#include "apps/predict/scene_rows.h"
#include "apps/predict/scene_windows.h"
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
  std::vector<std::string> names;      // of what it is made of
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
  if (!o.mosaic) return {std::make_unique<SceneReader>(o.images, bands, o.window), nullptr, {o.images}, {}};
  OpenScene scene;
  const ImageList list = find_images(o.images, {o.recursive, o.pattern});
  auto mosaic = std::make_unique<SceneMosaic>(list.tiles, bands, o.window);
  for (const TileFile& tile : list.tiles) scene.names.push_back(tile.id + '\n' + tile.image_path);
  for (const TileProblem& p : list.problems) scene.not_listed.push_back({p.id, 0, 0, 0, p.what});
  scene.mosaic = mosaic.get();
  scene.source = std::move(mosaic);
  return scene;
}

void tell(const PredictOptions& o, const SceneOutput& output, const SceneSource& scene) {
  log_line(fmt::format("predict: {}: {} of {} pixels with data, {:.2f} % of them foreground", o.out, output.valid(),
                       scene.height() * scene.width(), 100 * output.record(0).foreground));
}

std::string manifest_of(const PredictOptions& o) {
  const fs::path out(o.out);
  return (out.parent_path() / (out.stem().string() + "_manifest.jsonl")).string();
}

// Of a mosaic: a line for all of it, and one for each tile that could not be used. Several rows may have met the same.
void write_manifest(const PredictOptions& o, const TileRecord& whole, const std::vector<TileRecord>& records) {
  if (!o.mosaic) return;
  std::map<std::string, TileRecord> problems;
  for (const TileRecord& r : records)
    if (!r.error.empty()) problems.emplace(r.id, r);
  std::string manifest = to_line(whole);
  for (const auto& [id, record] : problems) manifest += to_line(record);
  write_file(manifest_of(o), manifest);
}

// The tiles that the manifest names, said aloud. Error where there are such.
void tell_problems(const PredictOptions& o) {
  if (!o.mosaic) return;
  size_t problems = 0;
  for (const TileRecord& r : parse_lines(read_text(manifest_of(o)), manifest_of(o))) {
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

void predict_alone(const PredictOptions& o, Ensemble& ensemble, const OpenScene& scene, Clock::time_point start) {
  SceneOutput output(o, *scene.source, ensemble);
  SceneWindows prediction(o, ensemble, *scene.source);
  const auto rows = own_blocks(static_cast<size_t>(prediction.rows().count()));
  run(prediction, *rows, [&](Finished finished) { output.write(std::move(finished.part)); });
  output.commit();
  tell(o, output, *scene.source);
  write_manifest(o, output.record(seconds_since(start)), scene.problems());
}

// The job's folder lies beside the result and holds a file a row of windows, until one process has put them together.
void predict_shared(const PredictOptions& o, Ensemble& ensemble, const OpenScene& scene, Clock::time_point start) {
  std::vector<std::string> names = scene.names;
  const fs::path out(o.out);
  PPL_CHECK(!fs::exists(out) || fs::is_regular_file(out), o.out, ": expected a file to replace, got something else");
  names.push_back(
      fmt::format("{} {} {} {} {}", out.filename().string(), o.cog, fmt::join(o.vectors, " "), o.theme, o.label));
  const std::string folder = (out.parent_path() / job_name(o, ensemble, names)).string();
  const auto whole = shared_blocks(1, folder + "/whole", o.lease, [&](const TileRecord&) { return fs::exists(out); });
  if (whole->all_done()) return log_line(fmt::format("predict: {} is there already", o.out));

  SceneWindows prediction(o, ensemble, *scene.source);
  SceneRows files(folder, prediction.rows(), prediction.columns(), ensemble.classes());
  const auto rows = shared_blocks(static_cast<size_t>(prediction.rows().count()), folder, o.lease,
                                  [&](const TileRecord& r) { return fs::exists(folder + "/" + r.id); });
  size_t told = scene.problems().size();
  run(prediction, *rows, [&](const Finished& finished) {
    files.write(finished);
    if (finished.window_column + 1 < prediction.columns().count()) return;
    // Only what is new: a row with an error is done again by the next run.
    std::vector<TileRecord> records = scene.problems();
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(told));
    told += records.size();
    records.push_back({fs::path(files.path(finished.window_row)).filename().string(), 0, 0, 0, ""});
    rows->done(static_cast<size_t>(finished.window_row), std::move(records));
  });
  while (const std::optional<size_t> block = whole->next()) {
    SceneOutput output(o, *scene.source, ensemble);
    files.put_together([&](ScenePart part) { output.write(std::move(part)); });
    output.commit();
    tell(o, output, *scene.source);
    const TileRecord record = output.record(seconds_since(start));
    std::vector<TileRecord> records = scene.problems();
    const std::vector<TileRecord> of_rows = rows->records();
    records.insert(records.end(), of_rows.begin(), of_rows.end());
    write_manifest(o, record, records);
    whole->done(*block, {record});
  }
  files.remove();
}

}  // namespace

void predict_scene(const PredictOptions& o) {
  const auto start = Clock::now();
  PPL_CHECK(o.window % 32 == 0 && o.overlap % 16 == 0, "windows of ", o.window, " with overlap ", o.overlap,
            ": expected multiples of 32 and 16");
  Ensemble ensemble(o);
  check_vectors(o, ensemble.classes());
  const OpenScene scene = open_scene(o, ensemble.input().bands);
  if (o.share)
    predict_shared(o, ensemble, scene, start);
  else
    predict_alone(o, ensemble, scene, start);
  tell_problems(o);
}

}  // namespace ppl::apps
