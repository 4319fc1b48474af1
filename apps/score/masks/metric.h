// A metric of masks that an option of `score iou` asks for. A new one is a file of its own and an entry in the list of
// figures.cpp.
#pragma once

#include <string>
#include <vector>

#include "io/geometry/bit_image.h"

namespace ppl::score {

// One class of a tile. ignored: pixels left out on both sides.
struct TileMasks {
  const BitImage &prediction, &truth, &ignored;
};

using MetricCounts = std::vector<int64_t>;  // of a tile; those of many tiles are added

struct MaskMetric {
  struct Figure {
    const char *key, *label;  // "f1", "F1"
    bool also_mean_of_tiles;  // "mean IoU" beside "global IoU", that of all pixels together
    double (*of)(const MetricCounts&);
  };

  const char *option, *help;  // "--buffer"
  int most;                   // of the option's values, 0 to this; 0: it takes none
  const char* key;            // of the group in JSON, and before the keys of CSV columns
  const char* parameter;      // what the option's value is called in JSON; empty where it takes none
  std::string (*title)(int value);
  MetricCounts (*count)(const TileMasks&, int value);
  std::vector<Figure> figures;
};

// Every metric that an option asks for, in the order in which they are shown.
const std::vector<const MaskMetric*>& mask_metrics();

struct ChosenMetric {
  const MaskMetric* metric;
  int value;  // of its option
};

}  // namespace ppl::score
