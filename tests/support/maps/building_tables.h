// Tables of buildings for tests.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "apps/score/buildings/buildings.h"
#include "kernels/base.h"
#include "tests/support/process.h"

namespace ppl::test {

inline const char* const kHeader = "ImageId,BuildingId,PolygonWKT_Pix,Confidence\n";

inline std::string box(double x, double y, double width, double height) {
  return cat("\"POLYGON ((", x, " ", y, ", ", x + width, " ", y, ", ", x + width, " ", y + height, ", ", x, " ",
             y + height, ", ", x, " ", y, "))\"");
}

struct Tables {
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir / name) << text;
    return dir / name;
  }
  score::BuildingsOptions options(const std::string& truth, const std::string& prediction) const {
    score::BuildingsOptions o;
    o.truth = write("truth.csv", kHeader + truth);
    o.prediction = write("prediction.csv", kHeader + prediction);
    return o;
  }
  TemporaryFolder dir;
};

inline score::BuildingsReport score_buildings(score::BuildingsOptions options) {
  options.keep_buildings = true;
  return score::score_buildings(score::BuildingPairs(options));
}

inline std::vector<int64_t> counts(const Confusion& c) { return {c.true_positive, c.false_positive, c.false_negative}; }

}  // namespace ppl::test
