#include "apps/rasterize/rasterize.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <set>

#include "apps/common/app.h"
#include "apps/common/clock.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/rasterize/coverage.h"
#include "apps/rasterize/draw.h"
#include "apps/rasterize/identity.h"
#include "apps/rasterize/inputs.h"
#include "apps/rasterize/manifest.h"
#include "apps/rasterize/no_data.h"
#include "apps/rasterize/outputs.h"
#include "apps/rasterize/overlay.h"
#include "io/file.h"
#include "io/image/geotiff.h"
#include "io/threads.h"
#include "kernels/ignored.h"

namespace ppl::rasterize {
namespace fs = std::filesystem;
namespace {

// Drawers wait here for the next tile, as many as there are threads.
class DrawerPool {
 public:
  DrawerPool(const FeatureSet& features, const std::vector<std::string>& crs) : features_(features), crs_(crs) {}
  std::unique_ptr<Drawer> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::make_unique<Drawer>(features_, crs_);
    std::unique_ptr<Drawer> drawer = std::move(waiting_.back());
    waiting_.pop_back();
    return drawer;
  }
  void give_back(std::unique_ptr<Drawer> drawer) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(drawer));
  }

 private:
  const FeatureSet& features_;
  const std::vector<std::string>& crs_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Drawer>> waiting_;
};

int64_t foreground_of(const std::vector<uint8_t>& mask) {
  constexpr size_t kBlock = 128;  // whose count fits into a byte, so that many pixels are counted at a time
  int64_t sum = 0;
  for (size_t begin = 0; begin < mask.size(); begin += kBlock) {
    uint8_t count = 0;
    for (size_t i = begin; i < std::min(begin + kBlock, mask.size()); ++i) {
      count = static_cast<uint8_t>(count + (mask[i] != 0 && mask[i] != kIgnored));
    }
    sum += count;
  }
  return sum;
}

std::set<std::string> as_set(std::vector<std::string> files) { return {files.begin(), files.end()}; }

// What is done with one tile, and where its files go.
class TileWriter {
 public:
  TileWriter(const Job& job, const TileFrames& frames, Manifest& manifest)
      : job_(job), frames_(frames), manifest_(manifest) {}

  // What the tile is drawn from.
  std::string hash(const TileFrame& frame) const {
    return tile_hash(manifest_.job_hash(), frame, frames_.crs[frame.crs], job_.settings.no_data != NoData::keep);
  }
  bool is_done(const TileFrame& frame) const {
    const DoneTile* tile = manifest_.done(frame.id);
    if (tile == nullptr || tile->of != hash(frame)) return false;
    if (tile->left_out) return true;
    const std::string mask = path_of(job_, mask_name(job_, frame));
    refuse_changed(mask, tile->bytes);
    std::error_code error;
    const auto bytes = fs::file_size(mask, error);
    if (error || static_cast<int64_t>(bytes) != tile->bytes) return false;
    const std::vector<std::string> files = files_of(job_, frame);
    return std::all_of(files.begin() + 1, files.end(), [&](const std::string& file) {
      return fs::file_size(path_of(job_, file), error) > 0 && !error;
    });
  }

  TileRecord write(const TileFrame& frame, DrawnTile tile) {
    TileRecord record;
    const std::vector<std::string> files = files_of(job_, frame);
    record.id = frame.id;
    record.mask = files.front();
    record.others.assign(files.begin() + 1, files.end());
    record.of = hash(frame);
    record.height = frame.height;
    record.width = frame.width;
    record.features = tile.features;
    record.by_class = std::move(tile.by_class);
    if (job_.settings.no_data != NoData::keep && !frame.image.empty()) {
      record.no_data = hide_no_data(frame, tile);
      const double share = static_cast<double>(record.no_data) / static_cast<double>(tile.mask.size());
      if (job_.settings.no_data == NoData::skip && share > job_.settings.max_no_data)
        record.mask.clear(), record.others.clear();
    }
    record.foreground = foreground_of(tile.mask);
    if (!record.mask.empty()) record.bytes = write_files(frame, tile, record.mask);
    manifest_.add(record);
    return record;
  }

 private:
  int64_t hide_no_data(const TileFrame& frame, DrawnTile& tile) const {
    const std::vector<uint8_t> missing = find_no_data(frame.image);
    PPL_CHECK(missing.size() == tile.mask.size(), frame.image, ": changed its size while it was used");
    int64_t count = 0;
    for (size_t i = 0; i < missing.size(); ++i) {
      if (!missing[i]) continue;
      ++count;
      tile.mask[i] = job_.settings.values == Values::classes ? kIgnored : 0;
      if (!tile.distance.empty()) tile.distance[i] = 0;
    }
    return count;
  }

  int64_t put(const std::string& name, const std::vector<std::byte>& bytes) const {
    write_file(path_of(job_, name), bytes.data(), bytes.size(), FileWriter::Durable::later);
    return static_cast<int64_t>(bytes.size());
  }

  // Bytes of the mask's file.
  int64_t write_files(const TileFrame& frame, const DrawnTile& tile, const std::string& mask) const {
    const bool binary = job_.settings.values == Values::binary;
    int64_t size = 0;
    if (job_.settings.format == Format::tif) {
      std::vector<uint8_t> values = tile.mask;
      for (uint8_t& value : values) value = binary && value ? 255 : value;
      size = put(mask, mask_tiff(mask, values.data(), frame.height, frame.width,
                                 GeoReference{frames_.crs[frame.crs], frame.transform}));
    } else {
      size = put(mask, (binary ? mask_png : index_png)(tile.mask.data(), frame.height, frame.width));
    }
    if (!tile.distance.empty()) {
      put(distance_name(frame), index_png(tile.distance.data(), frame.height, frame.width));
    }
    if (job_.overlay.empty()) return size;
    const Image image = frame.image.empty() ? Image::make(frame.height, frame.width, 3) : read_image(frame.image);
    PPL_CHECK(image.height == frame.height && image.width == frame.width, frame.image,
              ": changed its size while it was used");
    write_jpeg(overlay_name(job_, frame), overlay_of(image, tile.mask), 92);
    return size;
  }

  const Job& job_;
  const TileFrames& frames_;
  Manifest& manifest_;
};

// What an earlier job wrote and this one does not: masks of another map would stand beside those of this one.
void remove_stale(const Job& job, const std::set<std::string>& earlier, const TileFrames& frames) {
  std::set<std::string> own;
  for (const TileFrame& frame : frames.tiles) own.merge(as_set(files_of(job, frame)));
  for (const std::string& file : earlier) {
    if (own.contains(file)) continue;
    const std::string path = path_of(job, file);
    if (fs::is_regular_file(fs::symlink_status(path))) fs::remove(path);
  }
}

// The tiles that are still to be drawn.
std::vector<const TileFrame*> open_folder(const Job& job, const TileFrames& frames, const TileWriter& writer,
                                          Manifest& manifest, Summary& summary) {
  // The same command goes on where it was interrupted.
  const bool replaces = job.existing == apps::Existing::overwrite;
  const bool going_on = job.existing == apps::Existing::skip || (!replaces && manifest.is_unfinished());
  check_outputs(job, frames, manifest, going_on);
  if (going_on) manifest.resume();
  const std::set<std::string> earlier = manifest.earlier_files();
  std::set<std::string> files = earlier;
  std::vector<const TileFrame*> todo;
  for (const TileFrame& frame : frames.tiles) {
    if (going_on && writer.is_done(frame)) {
      ++summary.kept;
    } else {
      todo.push_back(&frame);
      files.merge(as_set(files_of(job, frame)));
    }
  }
  manifest.start(files);
  for (const std::string& folder : {job.out, job.overlay})
    if (!folder.empty()) remove_abandoned(folder);  // what killed processes left
  if (replaces) remove_stale(job, earlier, frames);
  return todo;
}

// Totals that cannot be right are said.
void check_totals(const Job& job, const FeatureSet& features, const Summary& summary) {
  if (summary.drawn == 0 || summary.kept > 0) return;
  PPL_CHECK(summary.empty < summary.drawn || features.size() == 0 || job.allow_empty, job.out,
            ": no feature of the map is on any of the ", summary.drawn, " tiles drawn; --allow-empty allows that");
  if (summary.foreground == 0 && features.size() > 0) {
    apps::log_error("rasterize: warning: no pixel of any mask is foreground");
  } else if (summary.foreground == 1) {
    apps::log_error("rasterize: warning: every pixel of all masks is foreground");
  } else if (job.settings.theme == MapTheme::roads && summary.foreground > 0.5) {
    apps::log_error(cat("rasterize: warning: ", std::lround(100 * summary.foreground),
                        " % of all pixels are road; are all features of the map roads?"));
  }
}

void draw_tiles(const Job& job, const FeatureSet& features, const TileFrames& frames, Manifest& manifest,
                Summary& summary) {
  TileWriter writer(job, frames, manifest);
  const std::vector<const TileFrame*> todo = open_folder(job, frames, writer, manifest, summary);
  apps::watch_signals();
  DrawerPool drawers(features, frames.crs);
  apps::Progress progress("rasterize: tiles", static_cast<int64_t>(todo.size()));
  std::mutex mutex;
  int64_t foreground = 0, pixels = 0;
  for_each_index(static_cast<int64_t>(todo.size()), job.threads, [&](int64_t i) {
    if (apps::stop_requested()) return;
    const TileFrame& frame = *todo[static_cast<size_t>(i)];
    std::unique_ptr<Drawer> drawer = drawers.take();
    const TileRecord record = writer.write(frame, drawer->draw(frame));
    drawers.give_back(std::move(drawer));
    const std::lock_guard lock(mutex);
    ++(record.mask.empty() ? summary.left_out : summary.drawn);
    if (!record.mask.empty()) {
      summary.empty += record.features == 0;
      foreground += record.foreground;
      pixels += record.height * record.width;
    }
    progress.advance();
  });
  const int64_t done = summary.kept + summary.drawn + summary.left_out;
  if (done < static_cast<int64_t>(frames.tiles.size())) {
    throw apps::Interrupted(cat("stopped: ", done, " of ", frames.tiles.size(), " tiles are done; the same command ",
                                job.existing == apps::Existing::overwrite ? "with --existing skip " : "", "goes on"));
  }
  summary.foreground = pixels > 0 ? static_cast<double>(foreground) / static_cast<double>(pixels) : 0;
  std::vector<std::string> ids;
  for (const TileFrame& frame : frames.tiles) ids.push_back(frame.id);
  manifest.finish(ids);
  check_totals(job, features, summary);
}

}  // namespace

Summary rasterize(const Job& job) {
  Summary summary;
  const Clock::time_point start = Clock::now();
  FramesAhead frames_ahead(job.tiles);
  const FeatureSet features = read_features(job, summary.sources);
  const TileFrames frames = frames_ahead.get(features);
  summary.read_seconds = seconds_since(start);
  summary.features = static_cast<int64_t>(features.size());
  summary.problems = static_cast<int64_t>(frames.problems.size());
  summary.tiles = static_cast<int64_t>(frames.tiles.size() + frames.problems.size());
  report_problems(frames.problems, static_cast<size_t>(summary.tiles),
                  job.skip_problems ? OnProblem::skip : OnProblem::stop, "the tiles");
  for (const std::string& note : frames.notes) apps::log_line("rasterize: " + note);
  for (const std::string& path : frames.labels) {
    apps::log_line("rasterize: passed over: " + path + ": a mask or labels, no image");
  }
  for (const TileProblem& problem : frames.problems) apps::log_line("rasterize: left out: " + problem.what);

  if (features.size() > 0 && !job.allow_empty) check_touching(features, frames);

  fs::create_directories(job.out);
  if (!job.overlay.empty()) fs::create_directories(job.overlay);
  Manifest manifest(job.out, job.settings.fingerprint(), inputs_of(job), summary.sources);
  const Clock::time_point drawing = Clock::now();
  draw_tiles(job, features, frames, manifest, summary);
  summary.draw_seconds = seconds_since(drawing);
  return summary;
}

}  // namespace ppl::rasterize
