// Sat2Graph's APLS: a road worked out on paper, the public program's own results, and the files it reads.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "apps/score/graphs/graph_roads.h"
#include "apps/score/graphs/most_pairs.h"
#include "apps/score/graphs/sat2graph_topo.h"
#include "io/json_text.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::score;
namespace fs = std::filesystem;
using test::contains;
using test::error_of;

namespace {

// Metres south and east.
LatLonGraph road(const std::vector<std::array<double, 2>>& places) {
  std::vector<RoadLine> lines(1);
  for (const auto& [south, east] : places) lines[0].points.push_back({east, south});
  return graph_of_lines(lines, 1);
}

LatLonGraph pickled(const std::string& bytes) { return parse_graph_pickle(std::as_bytes(std::span(bytes)), "roads.p"); }
std::string refused(const std::string& bytes) {
  return error_of([&] { pickled(bytes); });
}

}  // namespace

TEST_CASE("a road of 100 m of which 60 are found") {
  // 51 pieces of 196 cm; control points at nodes 0, 13, 26, 39, 51, of which the last two find nothing: 7 of 10 pairs
  // lost. Of the others only 0 to 26 is 30 m. Prediction: 31 pieces of 193 cm, nodes 0, 10, 21, 31.
  const auto apls = score_sat2graph(road({{100, 100}, {100, 200}}), road({{100, 100}, {100, 160}}), kSmallTiles);
  REQUIRE(apls);
  CHECK(apls->control_points == std::array<int64_t, 2>{5, 4});
  CHECK(apls->truth_to_prediction == doctest::Approx(1 - (7 + 3.0 / 196) / 8).epsilon(1e-12));
  CHECK(apls->prediction_to_truth == doctest::Approx(1 - 3.0 / 193).epsilon(1e-12));
  CHECK(apls->score == (apls->truth_to_prediction + apls->prediction_to_truth) / 2);
  // In the margin there are no control points, and so no pairs.
  CHECK_FALSE(score_sat2graph(road({{5, 5}, {5, 100}}), road({{100, 100}, {100, 200}}), kSmallTiles));
  CHECK_FALSE(score_sat2graph({}, {}, kSmallTiles));
  CHECK(contains(error_of([] { score_sat2graph(road({{0, 0}, {600, 0}}), {}, kSmallTiles); }), "--tiles cityscale"));
}

TEST_CASE("TOPO: the same road, and one far from it") {
  // 400 m have 7 starting points from each end: a road without a node between is come to from both.
  const LatLonGraph one = road({{50, 50}, {50, 450}});
  const auto same = sat2graph_topo(one, one, kSmallTiles);
  REQUIRE(same);
  CHECK(same->starts == 14);
  CHECK(same->precision == 1);
  CHECK(same->recall == doctest::Approx(1).epsilon(0.02));
  const auto other = sat2graph_topo(one, road({{250, 50}, {250, 450}}), kSmallTiles);
  CHECK(other->precision == 0);
  CHECK(other->recall == 0);
  CHECK_FALSE(sat2graph_topo({}, one, kSmallTiles));
  CHECK(most_pairs({{0, 1}, {0}, {1}}, 2) == 2);
  CHECK(most_pairs({{0, 1}, {0}, {1, 2}}, 3) == 3);  // the first two move on
}

TEST_CASE("the public program's results: within its least and most") {
  const std::string folder = test::data_folder("sat2graph");
  if (folder.empty()) {
    MESSAGE("skipped: no sat2graph in the data");
    return;
  }
  for (const auto& expected : parse_json(read_text(folder + "/expected.json"), "expected.json")) {
    const std::string name = expected["case"];
    const auto graph = [&](const char* side) {
      const std::string path = folder + "/" + name + side;
      return parse_graph_json(read_text(path), path);
    };
    const LatLonGraph truth = graph("_gt.json"), prediction = graph("_prop.json");
    for (const auto& [kind, tiles] : {std::pair{"cityscale", kSmallTiles}, {"spacenet", kSpaceNetTiles}}) {
      const ImageApls apls = *score_sat2graph(truth, prediction, tiles);
      const auto within = [&, kind = kind](const char* key, double got) {
        INFO(name, " ", kind, " ", key, " ", got);
        CHECK(got >= expected[kind][key]["least"].get<double>() - 5.1e-7);  // of six decimals
        CHECK(got <= expected[kind][key]["most"].get<double>() + 5.1e-7);
      };
      within("truth_to_proposal", apls.truth_to_prediction);
      within("proposal_to_truth", apls.prediction_to_truth);
      within("apls", apls.score);
    }
  }
}

TEST_CASE("graph files: pickles of Python 2 and 3, NumPy's numbers, JSON; what is refused") {
  // pickle.dumps({(1, 2): [(3, 4)], (3, 4): [(1, 2)]}, protocol) of 0 and 4.
  for (const std::string& bytes : {std::string("(dp0\n(I1\nI2\ntp1\n(lp2\n(I3\nI4\ntp3\nasg3\n(lp4\ng1\nas."),
                                   std::string("\x80\x04\x95\x1b\0\0\0\0\0\0\0}\x94(K\1K\2\x86\x94]\x94K\3K\4\x86\x94"
                                               "ah\3]\x94h\1au.",
                                               38)}) {
    const LatLonGraph graph = pickled(bytes);
    REQUIRE(graph.nodes.size() == 2);
    CHECK(graph.nodes[1].lat == 41 - 3 / 111111.0);
    CHECK(graph.edges == std::vector<std::array<int, 2>>{{0, 1}});
  }
  // numpy.int64(200) as protocol 2 has it: its bytes as text, where 0xc8 is two.
  const auto text = [](const std::string& bytes) {
    return std::string{'X', static_cast<char>(bytes.size()), '\0', '\0', '\0'} + bytes;
  };
  const std::string number = "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i8'\nI00\nI01\ntRc_codecs\nencode\n(" +
                             text("\xc3\x88" + std::string(7, '\0')) + text("latin1") + "tRtR";
  const LatLonGraph numpy = pickled("(d(" + number + "F2.5\nt(ls.");
  CHECK(numpy.nodes[0].lat == 41 - 200 / 111111.0);
  CHECK(contains(refused("(I1\nI2\nl."), "expected a pickled dictionary"));
  CHECK(contains(refused("(dI1\n(ls."), "expected places of two numbers"));
  CHECK(contains(refused("(d(I1\nI2\ntI5\ns."), "expected a list of places"));
  CHECK(contains(refused("cos\nsystem\n(S'ls'\ntR."), "would run a program"));
  CHECK(contains(refused("(d(F1e99\nI2\nt(ls."), "a coordinate of 1e+99"));
  const auto json = [](const char* text) { return error_of([&] { parse_graph_json(text, "g.json"); }); };
  CHECK(json("[[[41, -71], [40.9, -71]], [[0, 1]]]") == "no error");
  CHECK(contains(json("[[[41, -71], [40.9, -71]], [[0, 2]]]"), "g.json: edge [0,2] of 2 nodes"));
  CHECK(contains(json("[[[411, -71]], []]"), "node 0 is no latitude and longitude"));
  CHECK(contains(json("[[[41]], []]"), "expected a list of pairs of numbers as nodes"));
  CHECK(contains(json("{}"), "expected a road graph"));
}

TEST_CASE("score roads --metric sat2graph: folders, tables, usage") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "gt");
  fs::create_directories(dir / "found");
  const std::string graph = "(dp0\n(I100\nI100\ntp1\n(lp2\n(I100\nI200\ntp3\nas.";
  std::ofstream(dir / "gt/region_8_graph_gt.pickle") << graph;
  std::ofstream(dir / "gt/region_9_graph_gt.pickle") << "(d.";
  std::ofstream(dir / "found/8.p") << graph;
  std::ofstream(dir / "found/9.p") << "(d.";
  std::ofstream(dir / "t.csv") << "8,\"LINESTRING (200 200, 400 200)\"\n";
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"roads", "--metric", "sat2graph", "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return run_process("score", all);
  };
  const ProcessResult folders = run({dir / "gt", dir / "found", "--tiles", "small", "--topo"});
  CHECK(folders.exit_code == 0);
  CHECK(contains(folders.out, "1 image without a pair of control points"));
  CHECK(contains(folders.out, "all            1  1.000000"));
  CHECK(contains(folders.out, "TOPO precision 1.000000"));
  // A table in pixels of half a metre is the same road.
  CHECK(contains(run({dir / "t.csv", dir / "t.csv", "--tiles", "small", "--pixel", "0.5"}).out, "1.000000"));
  CHECK(contains(run({dir / "gt", dir / "found"}).err, "needs --tiles"));
  CHECK(contains(run({dir / "gt", dir / "found", "--tiles", "small", "--snap", "3"}).err, "no part in sat2graph"));
  CHECK(contains(run({dir / "gt", dir / "found", "--tiles", "small", "--pixel", "3"}).err, "are in metres"));
  const ProcessResult apls = run_process("score", {"roads", dir / "gt", dir / "found", "--quiet"});
  CHECK(contains(apls.out, "1.000000"));
}
