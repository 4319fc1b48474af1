#include "apps/predict/folder/folder_job.h"

#include <algorithm>
#include <filesystem>

#include "apps/common/app.h"
#include "apps/common/fingerprint.h"
#include "io/file.h"
#include "io/image/image.h"
#include "kernels/base.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

constexpr const char* kOwnFolder = ".predict";

// As a record has it: bytes that are not UTF-8 are replaced there.
std::string id_in_records(const std::string& id) { return parse_lines(to_line({id}), id).front().id; }

// Empty where a file is missing or empty.
std::string hash_of(const std::vector<std::string>& files) {
  Fingerprint hash;
  for (const std::string& path : files) {
    std::error_code error;
    if (fs::file_size(path, error) == 0 || error) return "";
    hash.add_file(path);
  }
  return hash.hex();
}

std::string stamps_of(const std::vector<std::string>& files) {
  Fingerprint all;
  for (const std::string& path : files) all.add(stamp_of(path));
  return all.hex();
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

Claim claim_of(const PredictOptions& o, const Ensemble& ensemble, const std::vector<TileFile>& tiles,
               const TilePaths& paths, const std::vector<std::string>& stamps) {
  Claim claim;
  claim.folder = o.out;
  claim.name = kOwnFolder;
  claim.settings = folder_settings(o, ensemble);
  if (o.context > 0) {  // each image may show in the masks of others
    Fingerprint all;
    for (size_t i = 0; i < tiles.size(); ++i) all.add(tiles[i].id).add(stamps[i]);
    claim.settings["images"] = all.hex();
  }
  claim.inputs = weights_files(o);
  claim.inputs.push_back(o.images);
  claim.files = {"manifest.jsonl"};
  for (const TileFile& tile : tiles) {
    claim.inputs.push_back(tile.image_path);
    for (std::string& file : paths.all(tile.id)) claim.files.push_back(std::move(file));
  }
  for (const std::string& path : o.vectors) claim.files.push_back(absolute(path));
  claim.existing = o.existing_or_default();
  claim.share = o.share;
  return claim;
}

// For people and pages; decides nothing.
void write_about(const PredictOptions& o, const std::string& own) {
  Settings about;
  about["weights"] = weights_files(o);
  about["version"] = version();
  write_file(own + "/about.json", about.dump(2, ' ', false, Settings::error_handler_t::replace) + "\n");
}

}  // namespace

FolderJob::FolderJob(const PredictOptions& o, const Ensemble& ensemble, const std::vector<TileFile>& tiles)
    : options_(o), tiles_(tiles), paths_(o, ensemble.classes()) {
  for (const TileFile& tile : tiles) stamps_.push_back(stamp_of(tile.image_path));
  folder_ = std::make_unique<ClaimedFolder>(claim_of(o, ensemble, tiles, paths_, stamps_));
  write_about(o, folder_->own());
  read_earlier();
  BlockFolder blocks{folder_->own(), (tiles.size() + kBlockTiles - 1) / kBlockTiles,
                     [this](size_t block) { return earlier(block); }};
  if (o.share) blocks.lease_seconds = o.lease;
  blocks_ = kept_blocks(blocks);
  earlier_.clear();
}

void FolderJob::read_earlier() {
  for (const auto& entry : fs::directory_iterator(folder_->own())) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("block") || !name.ends_with(".jsonl")) continue;
    for (TileRecord& r : read_records(entry.path().string()).value_or(std::vector<TileRecord>{}))
      if (r.error.empty()) earlier_[r.id] = std::move(r);
  }
}

std::vector<std::string> FolderJob::files_of(size_t tile) const {
  std::vector<std::string> files;
  for (const std::string& file : paths_.all(tiles_[tile].id)) files.push_back(paths_.in_folder(file));
  return files;
}

void FolderJob::note_files(TileRecord& record, size_t tile) const {
  record.image = stamps_[tile];
  record.files = hash_of(files_of(tile));
  record.written = stamps_of(files_of(tile));
}

bool FolderJob::stands(const TileRecord& record, size_t tile) const {
  if (stamps_[tile].empty() || record.image != stamps_[tile]) return false;
  if (record.written == stamps_of(files_of(tile))) return true;
  const std::string now = hash_of(files_of(tile));
  if (!now.empty() && now != record.files) refuse_changed(tiles_[tile].id);
  return now == record.files;
}

// A damaged mask is made again, but what somebody drew is not ours to replace.
void FolderJob::refuse_changed(const std::string& id) const {
  const std::string mask = paths_.in_folder(paths_.mask(id));
  try {
    read_image(mask);
  } catch (const Error&) {
    return;
  }
  throw Error(cat(mask, ": was changed since predict wrote it; move it away, or --existing overwrite replaces all"));
}

std::optional<std::vector<TileRecord>> FolderJob::earlier(size_t block) const {
  std::vector<TileRecord> records;
  const size_t begin = block * kBlockTiles, end = std::min(begin + kBlockTiles, tiles_.size());
  for (size_t tile = begin; tile < end; ++tile) {
    const auto it = earlier_.find(id_in_records(tiles_[tile].id));
    if (it == earlier_.end() || !stands(it->second, tile)) return {};
    records.push_back(it->second);
  }
  return records;
}

void FolderJob::once(const std::string& how, const std::vector<TileRecord>& records,
                     const std::vector<std::string>& files, const std::function<void()>& work) {
  Fingerprint all;
  all.add(how);
  for (const TileRecord& r : records) all.add(r.id).add(r.files);
  BlockFolder one{folder_->own() + "/once-" + all.hex(), 1, {}};
  one.earlier = [&](size_t) {
    std::optional<std::vector<TileRecord>> made = read_records(block_file(one.folder, 0));
    if (made && (made->size() != 1 || made->front().files != hash_of(files))) made.reset();
    return made;
  };
  if (options_.share) one.lease_seconds = options_.lease;
  const std::unique_ptr<Blocks> blocks = kept_blocks(one);
  while (const std::optional<size_t> block = blocks->next()) {
    work();
    TileRecord made{"once"};
    made.files = hash_of(files);
    blocks->done(*block, {made});
  }
  if (!blocks->complete()) throw Interrupted("stopped; the same command with --existing skip goes on");
}

}  // namespace ppl::apps
