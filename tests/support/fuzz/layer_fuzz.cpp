#include "tests/support/fuzz/layer_fuzz.h"

#include <cmath>
#include <fstream>

#include "apps/score/buildings/buildings.h"
#include "io/tables/layers/road_layers.h"
#include "kernels/base.h"
#include "tests/support/fuzz/fuzz.h"
#include "tests/support/temporary_folder.h"

namespace ppl::test {
namespace {

// The input's file, as every call writes it anew.
const std::string& layer_file() {
  static const TemporaryFolder folder;
  static const std::string path = folder / "layer.geojson";
  return path;
}

size_t try_roads() {
  RoadLayerOptions options;
  options.pixels = true;
  try {
    const auto roads = read_road_layers({layer_file()}, options);
    for (size_t i = 0; i < roads->size(); ++i) {
      require(i == 0 || utf16_less(roads->id(i - 1), roads->id(i)), "images out of order");
      for (const RoadLine& line : roads->read(i).lines) {
        for (const auto p : line.points) require(std::isfinite(p.x) && std::isfinite(p.y), "a point without a place");
      }
    }
    return roads->size();
  } catch (const Error&) {
    return 0;
  }
}

size_t try_buildings() {
  score::BuildingsOptions options;
  options.truth = options.prediction = layer_file();
  try {
    const score::BuildingPairs pairs(options);
    for (const score::BuildingPairs::Pair& pair : pairs.pairs()) {
      const score::BuildingImage image = pairs.match(pair);
      require(image.truth.size() == image.prediction.size(), "two readings differ");
      for (const score::Building& b : image.truth) require(b.iou >= 0 && b.iou <= 1 + 1e-9, "an IoU beyond 1");
    }
    return pairs.pairs().size();
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

size_t try_layer(std::string_view text) {
  std::ofstream(layer_file(), std::ios::binary) << text;
  return try_roads() + try_buildings();
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_layer)
