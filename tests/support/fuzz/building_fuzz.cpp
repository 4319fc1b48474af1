#include "tests/support/fuzz/building_fuzz.h"

#include <cmath>
#include <cstdint>

#include "apps/score/buildings/buildings.h"
#include "io/tables/csv.h"
#include "io/tables/wkt.h"
#include "kernels/base.h"
#include "tests/support/fuzz/fuzz.h"
#include "tests/support/memory_file.h"

namespace ppl::test {
namespace {

bool near(const Line& a, const Line& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::fabs(a[i].x - b[i].x) > 1e-3 || std::fabs(a[i].y - b[i].y) > 1e-3) return false;
  }
  return true;
}

bool is_near_origin(const Line& ring) {
  for (const Point p : ring) {
    if (std::fabs(p.x) > 1e9 || std::fabs(p.y) > 1e9) return false;
  }
  return true;
}

void try_polygon(const Polygon& polygon) {
  for (const Point p : polygon.outer) require(std::isfinite(p.x) && std::isfinite(p.y), "a point without a place");
  if (polygon.outer.empty() || !is_near_origin(polygon.outer)) return;
  for (const Line& hole : polygon.holes) {
    if (!is_near_origin(hole)) return;
  }
  const std::vector<Polygon> again = parse_polygons(to_wkt(polygon, 6), "written");
  require(again.size() == 1 && near(again[0].outer, polygon.outer), "an outline changed");
  require(again[0].holes.size() == polygon.holes.size(), "a hole was lost");
  for (size_t i = 0; i < polygon.holes.size(); ++i)
    require(near(again[0].holes[i], polygon.holes[i]), "a hole changed");
}

void try_field(const std::string& field) {
  std::vector<Polygon> polygons;
  try {
    polygons = parse_polygons(field, "field");
  } catch (const Error&) {
    return;
  }
  for (const Polygon& polygon : polygons) try_polygon(polygon);
}

// The table scored against itself, as a file.
void try_score(std::string_view text) {
  const MemoryFile file(text);
  score::BuildingsOptions options;
  options.truth = options.prediction = file.path();
  options.min_area = 0;
  try {
    const score::BuildingPairs pairs(options);
    for (const score::BuildingPairs::Pair& pair : pairs.pairs()) {
      require(pair.truth && pair.prediction, "an image on one side");
      const score::BuildingImage image = pairs.match(pair);
      require(image.truth.size() == image.prediction.size(), "two readings differ");
      const Confusion& c = image.counts;
      require(c.true_positive + c.false_negative <= static_cast<int64_t>(image.truth.size()), "more than there are");
      for (const score::Building& b : image.truth) require(b.iou >= 0 && b.iou <= 1 + 1e-9, "an IoU beyond 1");
    }
  } catch (const Error&) {
  }
}

}  // namespace

void try_building_table(std::string_view text) {
  try_score(text);
  CsvReader reader(text, "table");
  std::vector<std::string> fields;
  try {
    for (int64_t before = 0; reader.next(fields); before = reader.line()) {
      require(reader.line() > before, "rows out of order");
      std::string row;
      for (size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) row += ',';
        row += csv_field(fields[i]);
      }
      std::vector<std::string> again;
      CsvReader written(row, "written");
      require(!written.next(again) || again == fields, "a row changed");
      for (const std::string& field : fields) try_field(field);
    }
  } catch (const Error&) {
  }
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_building_table)
