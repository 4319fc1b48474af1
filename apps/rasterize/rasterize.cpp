#include "apps/rasterize/rasterize.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <unordered_set>

#include "apps/common/clock.h"
#include "apps/common/log.h"
#include "apps/rasterize/draw.h"
#include "apps/rasterize/inputs.h"
#include "apps/rasterize/manifest.h"
#include "apps/rasterize/no_data.h"
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
  DrawerPool(const Scene& scene, const std::vector<std::string>& crs) : scene_(scene), crs_(crs) {}
  std::unique_ptr<Drawer> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::make_unique<Drawer>(scene_, crs_);
    std::unique_ptr<Drawer> drawer = std::move(waiting_.back());
    waiting_.pop_back();
    return drawer;
  }
  void give_back(std::unique_ptr<Drawer> drawer) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(drawer));
  }

 private:
  const Scene& scene_;
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

// What is done with one tile, and where its files go.
class TileWriter {
 public:
  TileWriter(const Job& job, const TileFrames& frames, Manifest& manifest)
      : job_(job), frames_(frames), manifest_(manifest) {}

  std::string mask_name(const TileFrame& frame) const {
    return frame.id + (job_.settings.format == Format::png ? "_mask.png" : "_mask.tif");
  }
  bool is_done(const TileFrame& frame) const {
    const std::string* line = manifest_.line_of(frame.id);
    if (line == nullptr) return false;
    const bool left_out = line->find("\"mask\":null") != std::string::npos;
    std::error_code error;
    const auto bytes = fs::file_size(fs::path(job_.out) / mask_name(frame), error);
    return left_out || (!error && bytes > 0);
  }

  TileRecord write(const TileFrame& frame, DrawnTile tile) {
    TileRecord record{frame.id,      mask_name(frame),        frame.height, frame.width, 0, 0,
                      tile.features, std::move(tile.by_class)};
    if (job_.settings.no_data != NoData::keep && !frame.image.empty()) {
      record.no_data = hide_no_data(frame, tile);
      const double share = static_cast<double>(record.no_data) / static_cast<double>(tile.mask.size());
      if (job_.settings.no_data == NoData::skip && share > job_.settings.max_no_data) record.mask.clear();
    }
    record.foreground = foreground_of(tile.mask);
    if (!record.mask.empty()) write_files(frame, tile, record.mask);
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

  void put(const std::string& name, const std::vector<std::byte>& bytes) const {
    write_file((fs::path(job_.out) / name).string(), bytes.data(), bytes.size(), FileWriter::Durable::later);
  }

  void write_files(const TileFrame& frame, const DrawnTile& tile, const std::string& mask) const {
    const bool binary = job_.settings.values == Values::binary;
    if (job_.settings.format == Format::tif) {
      std::vector<uint8_t> values = tile.mask;
      for (uint8_t& value : values) value = binary && value ? 255 : value;
      put(mask, mask_tiff(mask, values.data(), frame.height, frame.width,
                          GeoReference{frames_.crs[frame.crs], frame.transform}));
    } else {
      put(mask, (binary ? mask_png : index_png)(tile.mask.data(), frame.height, frame.width));
    }
    if (!tile.distance.empty()) {
      put(frame.id + "_distance.png", index_png(tile.distance.data(), frame.height, frame.width));
    }
    if (job_.overlay.empty()) return;
    const Image image = frame.image.empty() ? Image::make(frame.height, frame.width, 3) : read_image(frame.image);
    PPL_CHECK(image.height == frame.height && image.width == frame.width, frame.image,
              ": changed its size while it was used");
    write_jpeg((fs::path(job_.overlay) / (frame.id + "_overlay.jpg")).string(), overlay_of(image, tile.mask), 92);
  }

  const Job& job_;
  const TileFrames& frames_;
  Manifest& manifest_;
};

void check_nothing_there(const Job& job, const TileFrames& frames, const TileWriter& writer) {
  std::unordered_set<std::string> there;
  for (const fs::directory_entry& entry : fs::directory_iterator(job.out)) there.insert(entry.path().filename());
  for (const TileFrame& frame : frames.tiles) {
    const std::string mask = writer.mask_name(frame);
    PPL_CHECK(!there.contains(mask), (fs::path(job.out) / mask).string(),
              ": is there already; use --existing skip or overwrite");
  }
}

void draw_tiles(const Job& job, const Scene& scene, const TileFrames& frames, Manifest& manifest, Summary& summary) {
  TileWriter writer(job, frames, manifest);
  if (job.existing == Existing::fail) check_nothing_there(job, frames, writer);
  if (job.existing == Existing::skip) manifest.resume();
  std::vector<const TileFrame*> todo;
  for (const TileFrame& frame : frames.tiles) {
    if (job.existing == Existing::skip && writer.is_done(frame)) {
      ++summary.kept;
    } else {
      todo.push_back(&frame);
    }
  }
  manifest.start();
  DrawerPool drawers(scene, frames.crs);
  apps::Progress progress("rasterize: tiles", static_cast<int64_t>(todo.size()));
  std::mutex mutex;
  int64_t foreground = 0, pixels = 0;
  for_each_index(static_cast<int64_t>(todo.size()), job.threads, [&](int64_t i) {
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
  summary.foreground = pixels > 0 ? static_cast<double>(foreground) / static_cast<double>(pixels) : 0;
  std::vector<std::string> ids;
  for (const TileFrame& frame : frames.tiles) ids.push_back(frame.id);
  manifest.finish(ids);
}

}  // namespace

Summary rasterize(const Job& job) {
  Summary summary;
  const Clock::time_point start = Clock::now();
  FramesAhead frames_ahead(job.tiles);
  const Scene scene = read_scene(job, summary.sources);
  const TileFrames frames = frames_ahead.get(scene);
  summary.read_seconds = seconds_since(start);
  summary.features = static_cast<int64_t>(scene.size());
  summary.problems = static_cast<int64_t>(frames.problems.size());
  summary.tiles = static_cast<int64_t>(frames.tiles.size() + frames.problems.size());
  report_problems(frames.problems, static_cast<size_t>(summary.tiles),
                  job.skip_problems ? OnProblem::skip : OnProblem::stop, "the tiles");
  for (const TileProblem& problem : frames.problems) apps::log_line("rasterize: left out: " + problem.what);

  fs::create_directories(job.out);
  if (!job.overlay.empty()) fs::create_directories(job.overlay);
  Manifest manifest(job.out, job.settings.fingerprint(), summary.sources);
  const Clock::time_point drawing = Clock::now();
  draw_tiles(job, scene, frames, manifest, summary);
  summary.draw_seconds = seconds_since(drawing);
  return summary;
}

}  // namespace ppl::rasterize
