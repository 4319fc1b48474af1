// A page of results that opens in a browser by itself: one HTML file without a word from the network.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/geometry/polygon.h"

namespace ppl::score {

// What became of a piece of truth or prediction; words and colours: apps/common/legend.h.
enum class Outcome { found, missed, extra, other };

// Drawn over the image, in its pixels.
struct PageDrawing {
  Outcome outcome = Outcome::other;
  bool of_truth = true;           // which of the two switches hides it
  std::vector<Polygon> polygons;  // filled
  std::vector<Line> lines;        // stroked
};

// A route between two control points that is longer, shorter or not there in the prediction.
struct PageRoute {
  std::string name;
  Line line;                     // along the truth
  double truth_length = 0;       // pixels
  double prediction_length = 0;  // 0: there is none
  double cost = 0;               // what it loses, 0 .. 1
};

struct PageTile {
  std::string id;
  double score = 0;             // 0 .. 1; what tiles are sorted and counted by
  std::vector<double> figures;  // one for each of Page::columns
  std::string image;            // path; empty: none
  int64_t height = 0, width = 0;
  std::vector<PageDrawing> drawings;
  std::vector<PageRoute> routes;  // that cost most, first
};

struct Page {
  std::string title, score_name;                             // "IoU"
  std::vector<std::pair<std::string, std::string>> summary;  // name and value
  std::vector<std::pair<std::string, std::string>> facts;    // what was compared and how: folders, threshold, scale
  std::vector<std::string> columns;
  std::vector<PageTile> tiles;
  std::vector<std::string> notes;  // images on one side, polygons repaired
  int shown = 12;                  // worst tiles, and as many of the best, that are drawn
};

// The tiles that are drawn: the worst first, then the best first, each once.
std::vector<size_t> shown_tiles(const Page&);

// Where a page's images lie.
struct ImageSearch {
  std::string images;  // folder of <id>_sat.* or <id>.*; empty: beside the truth
  std::string truth;   // folder or file
};
// The path of a tile's image; empty where there is none. A file outside of the folder, by its id or by a link, is none:
// nobody asked to show it; notes then say so. mask: path of the tile's truth, which is not its image.
std::string find_image(const ImageSearch&, const std::string& id, std::vector<std::string>& notes,
                       const std::string& mask = {});

// Names of truth and prediction, and the weights, threshold and views that `predict` noted in the prediction's folder.
std::vector<std::pair<std::string, std::string>> facts_of(const std::string& truth, const std::string& prediction);
// "0.5 m" where the images say so, or from the smallest to the largest; empty where none does.
std::string pixel_size(const std::vector<std::string>& images);

// With the version of the program and the date. Reads the images of the tiles that are drawn, at most 1024 pixels a
// side on the page. Error naming one that cannot be read or has another shape than its tile.
std::string page_html(const Page&);

}  // namespace ppl::score
