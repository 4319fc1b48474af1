#include "apps/rasterize/outputs.h"

#include <sys/stat.h>

#include <filesystem>

#include "io/image/image.h"

namespace ppl::rasterize {
namespace fs = std::filesystem;
namespace {

bool is_there(const std::string& path) {
  struct stat s;
  return lstat(path.c_str(), &s) == 0;
}

std::vector<std::string> inputs_of_job(const Job& job, const TileFrames& frames) {
  std::vector<std::string> inputs = job.inputs;
  inputs.insert(inputs.end(), {job.tiles.table, job.widths});
  for (const TileFrame& frame : frames.tiles) inputs.push_back(frame.image);
  return inputs;
}

}  // namespace

std::string mask_name(const Job& job, const TileFrame& frame) {
  return frame.id + (job.settings.format == Format::png ? "_mask.png" : "_mask.tif");
}

std::string distance_name(const TileFrame& frame) { return frame.id + "_distance.png"; }

std::string overlay_name(const Job& job, const TileFrame& frame) {
  return (fs::absolute(job.overlay).lexically_normal() / (frame.id + "_overlay.jpg")).string();
}

std::vector<std::string> files_of(const Job& job, const TileFrame& frame) {
  std::vector<std::string> files{mask_name(job, frame)};
  if (job.settings.distance > 0) files.push_back(distance_name(frame));
  if (!job.overlay.empty()) files.push_back(overlay_name(job, frame));
  return files;
}

std::string path_of(const Job& job, const std::string& name) { return (fs::path(job.out) / name).string(); }

void check_outputs(const Job& job, const TileFrames& frames, const Manifest& manifest, bool going_on) {
  const apps::SameFiles inputs(inputs_of_job(job, frames));
  const std::set<std::string> ours = manifest.earlier_files();
  const bool may_be_there = going_on || job.existing == apps::Existing::overwrite;
  std::vector<std::string> files{"manifest.jsonl"};
  for (const TileFrame& frame : frames.tiles) {
    for (std::string& file : files_of(job, frame)) files.push_back(std::move(file));
  }
  for (const std::string& file : files) {
    const std::string path = path_of(job, file);
    if (!is_there(path)) continue;
    PPL_CHECK(!inputs.contains(path), path, ": would be written over the input; name another folder");
    const bool own = ours.contains(file) || (file == files.front() && manifest.is_ours());
    PPL_CHECK(own, path, ": is there already and was not written by rasterize into this folder; move it away, or name ",
              "another folder");
    PPL_CHECK(may_be_there, path, ": is there already; use --existing skip or overwrite, or another folder");
  }
}

void refuse_changed(const std::string& mask, int64_t bytes) {
  std::error_code error;
  const auto now = fs::file_size(mask, error);
  if (error || static_cast<int64_t>(now) == bytes) return;
  try {
    read_image(mask);
  } catch (const Error&) {
    return;  // damaged: it is drawn again
  }
  throw Error(cat(mask, ": was changed since rasterize wrote it; move it away, or --existing overwrite replaces all"));
}

}  // namespace ppl::rasterize
