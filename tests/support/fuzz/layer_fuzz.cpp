#include "tests/support/fuzz/layer_fuzz.h"

#include <cpl_vsi.h>

#include <cmath>
#include <cstdint>

#include "apps/score/buildings/buildings.h"
#include "io/tables/layers/road_layers.h"
#include "kernels/base.h"
#include "tests/support/fuzz/fuzz.h"

namespace ppl::test {
namespace {

constexpr const char* kName = "/vsimem/layer.geojson";

void try_roads() {
  RoadLayerOptions options;
  options.pixels = true;
  try {
    const auto roads = read_road_layers({kName}, options);
    for (size_t i = 0; i < roads->size(); ++i) {
      require(i == 0 || utf16_less(roads->id(i - 1), roads->id(i)), "images out of order");
      for (const RoadLine& line : roads->read(i).lines) {
        for (const auto p : line.points) require(std::isfinite(p.x) && std::isfinite(p.y), "a point without a place");
      }
    }
  } catch (const Error&) {
  }
}

void try_buildings() {
  score::BuildingsOptions options;
  options.truth = options.prediction = kName;
  try {
    const score::BuildingPairs pairs(options);
    for (const score::BuildingPairs::Pair& pair : pairs.pairs()) {
      const score::BuildingImage image = pairs.match(pair);
      require(image.truth.size() == image.prediction.size(), "two readings differ");
      for (const score::Building& b : image.truth) require(b.iou >= 0 && b.iou <= 1 + 1e-9, "an IoU beyond 1");
    }
  } catch (const Error&) {
  }
}

}  // namespace

void try_layer(std::string_view text) {
  std::string bytes(text);
  VSIFCloseL(VSIFileFromMemBuffer(kName, reinterpret_cast<GByte*>(bytes.data()), bytes.size(), FALSE));
  try_roads();
  try_buildings();
  VSIUnlink(kName);
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_layer)
