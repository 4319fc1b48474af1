#include "tests/support/fuzz/road_fuzz.h"

#include <algorithm>
#include <cmath>

#include "apps/score/apls/apls.h"
#include "apps/score/apls/check.h"
#include "io/tables/road_tables.h"
#include "kernels/base.h"
#include "tests/support/fuzz/fuzz.h"
#include "tests/support/memory_file.h"

namespace ppl::test {
namespace {

// Few points in a small place: others are for patience, not for finding mistakes.
bool is_small(const ImageRoads& roads) {
  size_t points = 0;
  for (const RoadLine& line : roads.lines) {
    points += line.points.size();
    for (const Point p : line.points) {
      if (std::fabs(p.x) > 3000 || std::fabs(p.y) > 3000) return false;
    }
  }
  return points < 60;
}

void check_read(const ImageRoads& roads, const ImageRoads& again) {
  require(roads.lines.size() == again.lines.size() && roads.bad.size() == again.bad.size(), "two readings differ");
  for (size_t i = 0; i < roads.lines.size(); ++i) {
    require(roads.lines[i].points == again.lines[i].points, "two readings differ");
    for (const Point p : roads.lines[i].points) {
      require(std::isfinite(p.x) && std::isfinite(p.y), "a point without a place");
    }
  }
}

void check_scores(const ImageRoads& truth, const ImageRoads& prediction) {
  using score::AplsMethod;
  const score::ImageApls quick = score::score_image(truth.lines, prediction.lines, {});
  const score::ImageApls literal = score::score_image(truth.lines, prediction.lines, {}, AplsMethod::literal);
  require(std::fabs(quick.truth_to_prediction - literal.truth_to_prediction) <= 1e-9 &&
              std::fabs(quick.prediction_to_truth - literal.prediction_to_truth) <= 1e-9,
          "the methods disagree");
  require(quick.score >= 0 && quick.score <= 1, "a score out of range");
}

void try_table(const MemoryFile& file, RoadReading reading) {
  const auto source = open_road_tables({file.path()}, reading);
  ImageRoads first;
  for (size_t i = 0; i < source->size(); ++i) {
    ImageRoads roads = source->read(i);
    check_read(roads, source->read(i));
    require(!roads.lines.empty() || !roads.bad.empty(), "an image without rows");
    const size_t rows = roads.lines.size() + roads.bad.size();
    score::set_bad_rows_aside(roads);
    require(roads.lines.size() + roads.bad.size() == rows, "rows got lost");
    if (i == 0) first = std::move(roads);
    if (i == 1 && is_small(first) && is_small(roads)) check_scores(first, roads);
    if (i > 0) require(utf16_less(source->id(i - 1), source->id(i)), "ids out of order");
  }
}

}  // namespace

void try_road_table(std::string_view text) {
  const MemoryFile file(text);
  for (const RoadReading reading : {RoadReading::field, RoadReading::reference}) {
    try {
      try_table(file, reading);
    } catch (const Error&) {
    }
  }
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_road_table)
