// Packed tiles: one file of decoded tiles, memory-mapped, that needs no image library. See README.md for the format.
#pragma once

#include <string>

#include "io/file.h"
#include "io/tiles/tiles.h"

namespace ppl {

// Writes one tile after the other; memory use does not grow with their pixels. The file appears at commit().
class PackedWriter {
 public:
  PackedWriter(const std::string& path, const InputSpec&, int classes);
  void add(const std::string& id, const Tile&);
  void set_census(MaskCensus::Totals census) { census_ = std::move(census); }  // what the masks hold
  uint64_t commit();                                                           // the file's size in bytes

 private:
  struct Record {
    std::string id;
    int64_t height, width;
    uint64_t image_offset, mask_offset;
  };
  FileWriter file_;
  InputSpec input_;
  int classes_;
  std::optional<MaskCensus::Totals> census_;
  std::vector<Record> records_;
};

// Opening checks every offset and size against the file; an Error says what is wrong and where.
class PackedTiles : public TileSource {
 public:
  explicit PackedTiles(const std::string& path);
  Tile load(int64_t index) const override;

 private:
  void read_index(Bytes);

  std::shared_ptr<const MappedFile> file_;
  struct Offsets {
    uint64_t image, mask;
  };
  std::vector<Offsets> offsets_;
};

struct PackResult {
  int64_t tiles = 0;
  uint64_t bytes = 0;                 // of the file written
  std::vector<TileProblem> problems;  // skipped
  std::vector<std::string> notes;     // what was passed over
  MaskCensus::Totals masks;           // what they hold
};

// Decodes a folder of pairs into one file. options.cache_bytes and threads play no role. Error where no mask holds
// foreground, unless allow_empty, or where the masks disagree on what it is.
PackResult pack_folder(const std::string& folder, const std::string& path, const FolderOptions& options,
                       bool allow_empty = false);

// True where the file starts as a packed file does.
bool is_packed(const std::string& path);

// A folder of pairs, a list of pairs or a packed file, by what the path is. For a packed file options.input must equal
// the file's or be left at its default, and the file's classes must be options.classes; it has no maps of weights.
std::unique_ptr<TileSource> open_tiles(const std::string& path, const FolderOptions& options);

}  // namespace ppl
