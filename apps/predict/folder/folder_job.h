// A job of many images and its folder: what it may write, and what of it is done.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/predict/blocks.h"
#include "apps/predict/ensemble.h"
#include "apps/predict/folder/tile_files.h"
#include "apps/predict/job.h"
#include "io/tiles/tiles.h"

namespace ppl::apps {

class FolderJob {
 public:
  // Claims the folder, see ClaimedFolder. Error also where somebody changed a mask that an earlier run had made.
  FolderJob(const PredictOptions&, const Ensemble&, const std::vector<TileFile>& tiles);

  const TilePaths& paths() const { return paths_; }
  Blocks& blocks() { return *blocks_; }
  // Completes the record of a tile that went well, whose files are written.
  void note_files(TileRecord&, size_t tile) const;
  // For `files` that are made of all masks by one process, while the others wait. Nothing is done where they are there
  // as an earlier run made them of these records; how: what else decides them.
  void once(const std::string& how, const std::vector<TileRecord>& records, const std::vector<std::string>& files,
            const std::function<void()>& work);

 private:
  std::vector<std::string> files_of(size_t tile) const;
  std::optional<std::vector<TileRecord>> earlier(size_t block) const;
  bool stands(const TileRecord&, size_t tile) const;
  void refuse_changed(const std::string& id) const;
  void read_earlier();

  const PredictOptions& options_;
  const std::vector<TileFile>& tiles_;
  const TilePaths paths_;
  std::vector<std::string> stamps_;  // of the images
  std::unique_ptr<ClaimedFolder> folder_;
  std::map<std::string, TileRecord> earlier_;  // by id as records have it
  std::unique_ptr<Blocks> blocks_;
};

}  // namespace ppl::apps
