// Tiles: <id>_sat.{jpg,jpeg,png,tif,tiff} with <id>_mask.png beside it for training, images and masks in two folders
// or in a list of pairs; any images for prediction.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/image/mask_reader.h"
#include "io/tiles/input_spec.h"

namespace ppl {

struct TileFile {
  std::string id, image_path, mask_path;  // mask_path is empty where only images are listed
  std::string weight_path;                // map of weights; empty where none is asked for
  int64_t height = 0, width = 0;          // from the header; 0 where only listed
};

struct TileProblem {
  std::string id, what;  // what names the file
};

enum class OnProblem { stop, skip };

// Every image of a folder as images_of_folder has them, sorted by id: the file's stem without "_sat". Headers are not
// read. notes: what was passed over, to be said aloud. Error where the folder cannot be read, holds no image, or two
// images share an id.
std::vector<TileFile> list_images(const std::string& folder, std::vector<std::string>* notes = nullptr);

struct TileFolder {
  std::vector<TileFile> tiles;        // sorted by id; of a list: in its order
  std::vector<TileProblem> problems;  // missing mask, wrong size, unreadable header, two images of one id, dead link
  std::vector<std::string> notes;     // what was passed over, to be said aloud
};

// Pairs of image and mask, their sizes read from the headers.
// Error where the folder cannot be read or no <id>_sat image is there; problems are collected, see report_problems.
// masks: the folder of <id>_mask.*, or of masks of the images' own names, where it is another one; then every image of
// the folder counts, with or without "_sat". A folder without images but with the folders images/ and labels/ (masks/,
// gt/ ..) is read as these. weights: <id>_distance.* beside each mask is needed too.
TileFolder scan_tiles(const std::string& folder, const std::string& masks = "", bool weights = false);

// The pairs of a text file: in each line an image and its mask, and the map of weights where it is needed, separated
// by tabs (or commas, where there is no tab); relative to the file's folder, as read_list_lines has them. Error naming
// the line that has something else.
TileFolder scan_list(const std::string& path, bool weights = false);

// stop: Error that counts the problems and names the first few, if there are any. skip: nothing.
// Either way an Error where no tile is left. of: how many tiles were looked at.
void report_problems(const std::vector<TileProblem>&, size_t of, OnProblem, const std::string& where);

// One decoded tile: image [height, width, bands] and mask [height, width] (0, class numbers, 255 ignored), 8 bit.
struct Tile {
  int64_t height = 0, width = 0;
  int bands = 0;
  const uint8_t* image = nullptr;
  const uint8_t* mask = nullptr;
  std::shared_ptr<const void> keep;  // owns the memory
  const uint8_t* weight = nullptr;   // [height, width]: map of weights, where asked for
};

// Tiles to train on or to validate with, wherever they come from. load() may be called from several threads.
class TileSource {
 public:
  struct Entry {
    std::string id;
    int64_t height = 0, width = 0;
  };
  virtual ~TileSource() = default;
  virtual Tile load(int64_t index) const = 0;  // Errors name the tile

  int64_t size() const { return static_cast<int64_t>(entries_.size()); }
  const Entry& entry(int64_t index) const { return entries_[static_cast<size_t>(index)]; }
  const InputSpec& input() const { return input_; }
  int classes() const { return classes_; }
  // What the masks hold; nothing where it is not known (tiles packed by an earlier version).
  const std::optional<MaskCensus::Totals>& census() const { return census_; }

 protected:
  std::vector<Entry> entries_;
  InputSpec input_;
  int classes_ = 1;
  std::optional<MaskCensus::Totals> census_;
};

struct FolderOptions {
  InputSpec input;
  int classes = 1;
  OnProblem on_problem = OnProblem::stop;
  uint64_t cache_bytes = uint64_t{2} << 30;  // decoded tiles are kept up to this; the others are decoded at each use
  int threads = 2;                           // for decoding at the start
  int64_t max_pixels = int64_t{1} << 28;     // of one tile
  std::string masks;                         // folder of the masks, where it is not that of the images
  bool weights = false;                      // also read maps of weights
  Foreground foreground{};                   // of masks of one class whose values do not say it
  double zoom = 1;                           // so many pixels are made of each of the files'
};

// Image and mask of one pair of scan_tiles; where the image has no data, the mask is 255. Error naming the file where
// it cannot be used. summary: of the mask, where it is asked for.
Tile decode_tile(const TileFile&, const FolderOptions&, MaskSummary* summary = nullptr);

// A folder of pairs, or a list of them. Opening decodes every file once, so that nothing unreadable is met later.
class FolderTiles : public TileSource {
 public:
  FolderTiles(const std::string& path, FolderOptions);
  Tile load(int64_t index) const override;
  const std::vector<TileProblem>& problems() const { return problems_; }  // what was skipped
  const std::vector<std::string>& notes() const { return notes_; }        // what was passed over

 private:
  FolderOptions options_;
  std::vector<TileFile> files_;
  std::vector<Tile> cache_;  // image is null where the tile is not kept
  std::vector<TileProblem> problems_;
  std::vector<std::string> notes_;
};

}  // namespace ppl
