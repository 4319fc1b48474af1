// CosmiQ's flavour of APLS, and TOPO: road graphs worked out on paper, and what the tool itself gives for its sample
// pair.
#include <doctest/doctest.h>

#include "apps/score/apls/cosmiq.h"
#include "apps/score/roads/topo.h"
#include "io/tables/layers/project_roads.h"
#include "io/vectorize/open_roads.h"
#include "tests/support/io_support.h"

namespace ppl::score {
namespace {

constexpr AplsParameters kMetres{1, 4, 50, 0};  // a pixel is a metre

std::vector<RoadLine> lines_of(const std::vector<Line>& lines) {
  std::vector<RoadLine> result;
  for (const Line& line : lines) result.push_back({line, {0, result.size() + 1}});
  return result;
}

ImageApls score_of(const std::vector<Line>& truth, const std::vector<Line>& prediction) {
  return score_image_cosmiq(lines_of(truth), lines_of(prediction), kMetres);
}

TEST_CASE("a branch is missing") {
  // A - J - C with B beside J. Of the 12 routes the 6 from and to B are lost.
  const ImageApls result = score_of({{{0, 0}, {30, 0}}, {{30, 0}, {30, 30}}, {{30, 0}, {60, 0}}}, {{{0, 0}, {60, 0}}});
  CHECK(result.truth_to_prediction == doctest::Approx(0.5));
  CHECK(result.prediction_to_truth == doctest::Approx(1));
  CHECK(result.score == doctest::Approx(2.0 / 3));
  CHECK(result.control_points == std::array<int64_t, 2>{4, 3});
}

TEST_CASE("of two points on one node the last stays") {
  const ImageApls result = score_of({{{0, 0}, {100, 0}}}, {{{0, 0}, {100, 0}}, {{0, 0}, {-3, 0}}, {{0, 0}, {0, -30}}});
  CHECK(result.truth_to_prediction == doctest::Approx(1));
  // (-3, 0) takes the end of the true road from (0, 0); (0, -30) is too far. What is left: the ways from (-3, 0), 3 too
  // long, to the midpoint and to the other end, and the way between these.
  CHECK(result.prediction_to_truth == doctest::Approx(1 - (14 + 2 * (3.0 / 103 + 3.0 / 53)) / 20));
}

TEST_CASE("a road drawn twice is no road, nor is a loop; small pieces do not count") {
  const std::vector<Line> street{{{0, 0}, {30, 0}}, {{60, 0}, {90, 0}}, {{30, 0}, {45, 20}, {60, 0}}};
  std::vector<Line> once = street, twice = street;
  once.push_back({{30, 0}, {60, 0}});
  twice.insert(twice.end(), {{{30, 0}, {60, 0}}, {{60, 0}, {30, 0}}});
  const ImageApls result = score_of(twice, once);
  // Between the junctions 50 instead of 30; a midpoint on the detour, from where nothing changes.
  CHECK(result.edges == std::array<int64_t, 2>{3, 4});
  CHECK(result.truth_to_prediction == doctest::Approx(1 - 2 * (20.0 / 50 + 2 * 20.0 / 80 + 20.0 / 110) / 20));
  CHECK(result.prediction_to_truth == doctest::Approx(1 - 2 * (20.0 / 30 + 2 * 20.0 / 60 + 20.0 / 90) / 20));

  std::vector<Line> more = once;
  more.insert(more.end(), {{{90, 0}, {110, 0}, {110, 20}, {90, 0}}, {{500, 500}, {504.9, 500}}});
  const auto [truth, prediction] = cosmiq_graphs(lines_of(more), lines_of(more), kMetres);
  for (const AplsGraph* roads : {&truth, &prediction}) {
    CHECK(roads->nodes.size() == 4);
    CHECK(roads->edges_in_order().size() == 4);
  }
  more.back().back() = {509.9, 500};
  const auto [longer, still_short] = cosmiq_graphs(lines_of(more), lines_of(more), kMetres);
  CHECK(longer.nodes.size() == 6);
  CHECK(still_short.nodes.size() == 4);
}

TEST_CASE("control points along roads: one fewer than the reference where a length is exact, none on straight roads") {
  const auto points = [](const Line& road, double curved) {
    AplsParameters parameters = kMetres;
    parameters.curved = curved;
    return score_image_cosmiq(lines_of({road}), lines_of({road}), parameters).control_points[0];
  };
  CHECK(points({{0, 0}, {37.4, 0}}, 0) == 2);
  CHECK(points({{0, 0}, {37.5, 0}}, 0) == 3);
  CHECK(points({{0, 0}, {100, 0}}, 0) == 3);
  CHECK(points({{0, 0}, {100.1, 0}}, 0) == 4);
  CHECK(points({{0, 0}, {100.1, 0}}, 0.1) == 2);
  CHECK(points({{0, 0}, {60, 0}, {60, 60}}, 0.1) == 4);  // 120 long, the diagonal is 85
}

Confusion topo_of(const std::vector<Line>& truth, const std::vector<Line>& prediction) {
  return topo(build_graph(lines_of(truth)), build_graph(lines_of(prediction)), 1, {});
}

void check_counts(const Confusion& counts, int64_t true_positive, int64_t false_positive, int64_t false_negative) {
  CHECK(counts.true_positive == true_positive);
  CHECK(counts.false_positive == false_positive);
  CHECK(counts.false_negative == false_negative);
}

TEST_CASE("TOPO of a road that is found in part") {
  // From the left end: holes at 0, 30, 60, 90 and 100; marbles at 0, 30, 60 and 80. The right end has no counterpart,
  // so its five holes (100, 70, 40, 10 and 0) are missed.
  const Confusion counts = topo_of({{{0, 0}, {100, 0}}}, {{{0, 0}, {80, 0}}});
  check_counts(counts, 3, 1, 7);
  CHECK(counts.precision() == doctest::Approx(0.75));
  CHECK(counts.recall() == doctest::Approx(0.3));
  CHECK(counts.f1() == doctest::Approx(6.0 / 14));
}

TEST_CASE("TOPO: what is beyond the radius is not looked at, a hole takes one marble") {
  // Each end sees only itself: the other is 200 away.
  check_counts(topo_of({{{0, 0}, {200, 0}}}, {{{0, 0}, {200, 0}}}), 2, 0, 0);
  // From either end of the true road three holes, which the lower of two roads 2 apart fills. Its double and the stub
  // to the left give four marbles without a hole.
  check_counts(topo_of({{{0, 0}, {60, 0}}}, {{{-20, 0}, {0, 0}}, {{0, 0}, {60, 0}}, {{0, 0}, {0, 2}, {60, 2}}}), 6, 8,
               0);
  check_counts(topo_of({{{0, 0}, {60, 0}}}, {}), 0, 0, 6);
}

// The tool itself, run on its sample pair with every length measured in UTM (where it lets no edge be cut, it measures
// true roads on a sphere: that makes 2e-4), every node an origin of TOPO once.
TEST_CASE("CosmiQ's sample pair gives what the tool gives") {
  const std::string folder = test::data_folder("scoring/cosmiq");
  if (folder.empty()) {
    MESSAGE("skipped: no scoring/cosmiq in $PPL_DATA or ../shared/data");
    return;
  }
  const GeoReference reference{"EPSG:4326", {-115.1706276, 2.7e-6, 0, 36.2406177, 0, -2.7e-6}};
  RoadLayerOptions options;
  options.reference = reference;
  const AplsParameters parameters;
  const auto read = [&](const char* name) {
    return project_roads(open_roads(folder + name, options), reference, parameters.pixel)->read(0).lines;
  };
  const std::vector<RoadLine> truth = read("/truth_AOI_2_Vegas_img0.geojson"), prediction = read("/proposal.csv");
  const auto check = [&](double spacing, double curved, double there, double back) {
    const ImageApls result = score_image_cosmiq(truth, prediction, {0.31, 4, spacing, curved});
    CHECK(result.truth_to_prediction == doctest::Approx(there).epsilon(1e-6));
    CHECK(result.prediction_to_truth == doctest::Approx(back).epsilon(1e-6));
  };
  check(50, 0, 0.7770972846742935, 0.6866638836058104);
  check(200, 0, 0.7540932289653909, 0.6607010808193332);
  check(200, 0.12, 0.7411716904511365, 0.6444241282497827);
  check(50, 0.012, 0.7274012226372841, 0.6429611901300945);
  const auto [there, found] = cosmiq_graphs(truth, prediction, parameters);
  check_counts(topo(there, found, parameters.pixel, {3, 30, 150, 1000}), 918, 1152, 3239);
  check_counts(topo(there, found, parameters.pixel, {8, 30, 100, 1000}), 1419, 430, 195);
}

}  // namespace
}  // namespace ppl::score
