// An image sheet: tiles beside their truth and what a network made of them.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "apps/common/output.h"
#include "models/metrics.h"

namespace ppl::sheet {

struct Options {
  std::string images;      // folder of images
  std::string truth;       // folder of <id>_mask.{png,tif}
  std::string prediction;  // folder of <id>_mask.{png,tif}
  std::string out;         // a PNG file
  int count = 6;           // tiles shown
  int panel = 320;         // pixels a side of each image on the sheet
  int classes = 1;
  apps::Existing existing = apps::Existing::fail;
};

// What became of each pixel of a tile.
enum class Outcome : uint8_t { background, found, missed, extra, ignored };

struct Entry {
  std::string id;
  std::string image_path;
  cv::Mat truth;    // CV_8UC1: class numbers, 255 ignored
  cv::Mat outcome;  // CV_8UC1: an Outcome each
  Confusion counts;
};

// Every tile that has an image, a truth and a prediction. Error naming the file where one cannot be used, and where
// there is no such tile.
std::vector<Entry> read_entries(const Options& options);

// `count` of the entries, evenly from the best IoU to the worst; tiles almost without foreground come last in line.
std::vector<Entry> choose(std::vector<Entry> entries, int count);

// CV_8UC3 (B, G, R). `overall` is the confusion of all tiles, for the heading.
cv::Mat draw_sheet(const std::vector<Entry>& entries, const Confusion& overall, int all_tiles, int panel);

// Reads, chooses, draws, writes options.out.
void write_sheet(const Options& options);

}  // namespace ppl::sheet
