// manifest.jsonl: what was drawn, from what, a line a tile.
#pragma once

#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "apps/rasterize/draw.h"
#include "io/maps/source.h"

namespace ppl::rasterize {

struct TileRecord {
  std::string id, mask;               // mask: file name; empty where the tile was left out
  std::vector<std::string> others{};  // further files: names in the folder, or absolute
  std::string of;                     // tile_hash(): what the tile was drawn from
  int64_t bytes = 0;                  // of the mask's file
  int64_t height = 0, width = 0;
  int64_t foreground = 0;  // pixels
  int64_t no_data = 0;     // pixels
  int64_t features = 0;
  std::map<std::string, int64_t> by_class;  // features
};
std::string to_line(const TileRecord& record);

// Of an earlier run.
struct DoneTile {
  std::string line, of;
  int64_t bytes = 0;
  bool left_out = false;
};

// First line: settings, attribution, sources with their dates. While tiles are drawn, their lines gather in
// manifest.jsonl.partial, so that an interrupted run can be gone on with; finish() puts manifest.jsonl in its place.
class Manifest {
 public:
  // inputs: see inputs_of.
  Manifest(std::string folder, std::string settings, std::string inputs, const std::vector<SourceReport>& sources);
  ~Manifest();
  Manifest(const Manifest&) = delete;
  Manifest& operator=(const Manifest&) = delete;

  // Of settings and inputs.
  std::string job_hash() const;
  bool is_ours() const;        // manifest.jsonl is there, and of rasterize
  bool is_unfinished() const;  // a run of the same settings and inputs was interrupted

  // Reads the lines of earlier runs. Error where they were made with other settings or from other inputs. Lines that do
  // not parse (the last one of an interrupted run) are left out.
  void resume();
  // What earlier runs wrote, or began to, whatever their settings: names in the folder, or absolute.
  std::set<std::string> earlier_files() const;
  // Begins to write; to be called once, with what the job may write and what of earlier runs is still there. Error
  // where another process does, and where the name is that of a link.
  void start(const std::set<std::string>& files);

  // The line of a tile drawn in an earlier run, or nothing.
  const DoneTile* done(const std::string& id) const;
  void add(const TileRecord& record);  // safe from several threads
  // Lines in the order of ids, and behind them those of other tiles.
  void finish(const std::vector<std::string>& ids);

 private:
  void read_lines(const std::string& path);
  std::string path() const { return folder_ + "/manifest.jsonl"; }

  std::string folder_, settings_, inputs_, head_;
  std::map<std::string, DoneTile> lines_;  // by id
  std::mutex mutex_;
  std::FILE* partial_ = nullptr;
};

}  // namespace ppl::rasterize
