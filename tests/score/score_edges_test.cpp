// score iou: counts with a buffer, and of boundaries.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/score/masks/edges.h"
#include "apps/score/masks/iou.h"
#include "engine/random.h"
#include "io/vectorize/roads/thin.h"
#include "tests/support/images/mask_folders.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

TEST_CASE("relaxed precision and recall: right within the buffer, ignored pixels left out") {
  const auto bits = [](const Rows& rows) {
    const Image image = drawn(rows, 1, 1);
    return BitImage::from_bytes(image.u8(), image.height, image.width);
  };
  const BitImage truth = bits({"#.......#", "#.......#"}), near = bits({
                                                               "..#.....#",
                                                               ".........",
                                                           });
  const score::RelaxedCounts c = score::relaxed_counts(near, truth, {}, 1);
  CHECK(c.predicted == 2);
  CHECK(c.predicted_near == 1);
  CHECK(c.truth == 4);
  CHECK(c.truth_near == 2);
  CHECK(score::relaxed_counts(near, truth, {}, 2).precision() == 1);
  CHECK(score::relaxed_counts(near, truth, {}, 2).recall() == 0.75);  // the lower left one is sqrt(5) away
  CHECK(score::relaxed_counts(near, truth, bits({"........#", "#........"}), 1).precision() == 0);
  CHECK(score::relaxed_counts(BitImage(2, 9), BitImage(2, 9), {}, 1).f1() == 1);
  CHECK(score::relaxed_counts(near, BitImage(2, 9), {}, 1).f1() == 0);
}

TEST_CASE("clDice: centre lines of each mask inside the other") {
  const auto bits = [](const Rows& rows) {
    const Image image = drawn(rows, 1, 1);
    return BitImage::from_bytes(image.u8(), image.height, image.width);
  };
  // A bar of three rows whose middle is its line, and one that is cut and a row lower.
  const BitImage truth = bits({".........", "#########", "#########", "#########", "........."});
  const BitImage half = bits({".........", ".........", "####.....", "####.....", "####....."});
  BitImage line = truth;
  thin(line);
  const auto length = line.count();
  const score::RelaxedCounts same = score::centre_line_counts(truth, truth, {});
  CHECK(same.f1() == 1);
  CHECK(same.truth == length);
  const score::RelaxedCounts c = score::centre_line_counts(half, truth, {});
  CHECK(c.precision() == 1);  // the lower bar's line runs in the truth's last row
  CHECK(c.truth == length);
  CHECK(c.truth_near == 4 - (length < 9));  // columns 0 to 3 of the truth's line, whose end thinning may take
  CHECK(c.f1() == doctest::Approx(2 * c.recall() / (1 + c.recall())));
  // Ignored pixels do not count.
  const BitImage right = bits({"....#####", "....#####", "....#####", "....#####", "....#####"});
  CHECK(score::centre_line_counts(half, truth, right).recall() == 1);
  CHECK(score::centre_line_counts(BitImage(5, 9), BitImage(5, 9), {}).f1() == 1);
  CHECK(score::centre_line_counts(half, BitImage(5, 9), {}).f1() == 0);
}

TEST_CASE("boundary IoU: borders of squares, the image's edge is a border") {
  // Squares of 8 and of 6 around the same middle: borders of 28 and 20 pixels that do not meet, of two pixels' width 48
  // and 32 that share 20.
  Rows large(12, std::string(12, '.')), small = large;
  for (size_t r = 2; r < 10; ++r) large[r].replace(2, 8, 8, '#');
  for (size_t r = 3; r < 9; ++r) small[r].replace(3, 6, 6, '#');
  const Image l = drawn(large, 1, 1), s = drawn(small, 1, 1);
  const BitImage truth = BitImage::from_bytes(l.u8(), 12, 12), prediction = BitImage::from_bytes(s.u8(), 12, 12);
  CHECK(score::border_of(truth, 1).count() == 28);
  CHECK(score::boundary_counts(prediction, truth, {}, 1).both == 0);
  CHECK(score::boundary_counts(prediction, truth, {}, 1).either == 48);
  CHECK(score::boundary_counts(prediction, truth, {}, 2).both == 20);
  CHECK(score::boundary_counts(prediction, truth, {}, 2).either == 48 + 32 - 20);
  CHECK(score::boundary_counts(prediction, truth, {}, 12).iou() == doctest::Approx(36.0 / 64));
  const Image full = drawn(Rows(70, std::string(70, '#')), 1, 1);
  CHECK(score::border_of(BitImage::from_bytes(full.u8(), 70, 70), 3).count() == 70 * 70 - 64 * 64);
  CHECK(score::boundary_distance(224, 224) == 6);
  CHECK(score::boundary_counts(BitImage(5, 5), BitImage(5, 5), {}, 1).iou() == 1);
}

TEST_CASE("score iou prints what was asked for in addition") {
  const Folders folders;
  add_three(folders);
  const std::string csv = folders.dir / "tiles.csv";
  const ProcessResult json = folders.run({"--json", "--buffer", "1", "--boundary", "0", "--csv", csv, "--quiet"});
  CHECK(json.exit_code == 0);
  const auto parsed = nlohmann::json::parse(json.out)["classes"][0];
  CHECK(parsed["relaxed"]["precision"].get<double>() == doctest::Approx(2.0 / 7));
  CHECK(parsed["boundary"]["mean_iou"].get<double>() == doctest::Approx(0.5));
  std::ifstream file(csv);
  std::string header;
  std::getline(file, header);
  CHECK(header.ends_with("false_negative,relaxed_precision,relaxed_recall,relaxed_f1,boundary_iou"));
  const ProcessResult table = folders.run({"--buffer", "1", "--boundary", "2", "--quiet"});
  CHECK(table.out.find("within 1 px: precision 0.2857, recall 1.0000") != std::string::npos);
  CHECK(table.out.find("boundary IoU (2 px): mean 0.5000") != std::string::npos);
  CHECK(folders.run({"--buffer", "-1"}).exit_code == 2);
  const auto centre = nlohmann::json::parse(folders.run({"--json", "--cldice"}).out)["classes"][0]["centre_lines"];
  CHECK(centre["mean_cldice"].get<double>() >= 1.0 / 3);  // the empty tile is right
  CHECK(centre.size() == 4);
  CHECK(folders.run({"--cldice"}).out.find("centre lines: ") != std::string::npos);
}
