// score iou against cases computed by hand, and score and sheet as processes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/score/masks/best_threshold.h"
#include "apps/score/masks/iou.h"
#include "engine/random.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "io/weights/safetensors.h"
#include "tests/support/images/mask_folders.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

namespace {

bool one_line_naming(const ProcessResult& r, const std::string& what) {
  return std::count(r.err.begin(), r.err.end(), '\n') == 1 && r.err.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("mean IoU is over tiles and 1 where both are empty, the others are over all pixels") {
  const Folders folders;
  add_three(folders);
  const score::IouReport report = score::score_iou(folders.options());
  REQUIRE(report.tiles.size() == 3);
  CHECK(report.tiles[0].id == "a");
  CHECK(report.tiles[0].counts[0].pixels.true_positive == 2);
  CHECK(report.tiles[0].counts[0].pixels.false_positive == 1);
  CHECK(report.tiles[0].counts[0].pixels.false_negative == 1);
  const std::vector<score::Figure> figures = score::figures(report, 0);
  const auto f = [&](const char* key) { return score::figure(figures, key); };
  CHECK(f("mean_iou") == doctest::Approx((0.5 + 1 + 0) / 3));
  CHECK(f("global_iou") == doctest::Approx(2.0 / 8));
  CHECK(f("precision") == doctest::Approx(2.0 / 7));
  CHECK(f("recall") == doctest::Approx(2.0 / 3));
  CHECK(f("f1") == doctest::Approx(4.0 / 10));
}

TEST_CASE("0/1, 0/255, grey and colour masks mean the same") {
  const Rows rows{"#.#.", ".##."};
  const auto check = [&](const std::string& id, const Image& t, const Image& p) {
    CAPTURE(id);
    const Folders folders;
    write_png(folders.truth() + "/" + id + "_mask.png", t);
    write_png(folders.prediction() + "/" + id + "_mask.png", p);
    const score::IouReport report = score::score_iou(folders.options());
    CHECK(report.tiles.at(0).counts[0].pixels.true_positive == 4);
    CHECK(report.tiles.at(0).counts[0].pixels.iou() == 1);
  };
  check("grey", drawn(rows, 1, 255), drawn(rows, 1, 1));
  check("colour", drawn(rows, 3, 255), drawn(rows, 1, 255));
  check("ones", drawn(rows, 3, 1), drawn(rows, 3, 255));
}

TEST_CASE("what has no data in a prediction is left out, and said") {
  const Folders folders;
  write_png(folders.truth() + "/t_mask.png", drawn({"##..", "...."}, 1, 1));
  write_png(folders.prediction() + "/t_mask.png", drawn({"#?..", "..?."}, 1, 1));
  const score::IouReport report = score::score_iou(folders.options());
  CHECK(report.without_prediction == 2);
  CHECK(report.tiles[0].counts[0].pixels.iou() == 1);
  const ProcessResult r = folders.run({});
  CHECK(r.exit_code == 0);
  CHECK(one_line_naming(r, "2 pixels are left out: the prediction has no data there"));
}

TEST_CASE("masks of one folder that mean different things are refused, and read by an option") {
  const Folders folders;
  write_png(folders.truth() + "/a_mask.png", drawn({"##.."}, 1, 1));
  write_png(folders.truth() + "/b_mask.png", drawn({"##.."}, 1, 255));
  folders.add("c", {"##.."}, {"##.."});
  for (const char* id : {"a", "b"}) write_png(folders.prediction() + "/" + id + "_mask.png", drawn({"##.."}, 1, 1));
  const ProcessResult r = folders.run({});
  CHECK(r.exit_code == 1);
  CHECK(one_line_naming(r, "truth: the foreground of its masks is not one value: 1 in 1 ("));
  for (const char* figure : {"--best-threshold", "--pr-curve"})
    CHECK(one_line_naming(folders.run({figure}), "truth: the foreground of its masks is not one value: 1 in 1 ("));
  const ProcessResult chosen = folders.run({"--foreground", "1", "--foreground", "255", "--json"});
  CHECK(chosen.exit_code == 0);
  CHECK(chosen.out.find("\"global_iou\": 1") != std::string::npos);
}

TEST_CASE("several classes: each against the rest, ignored pixels left out") {
  const Folders folders;
  const Image truth = drawn({"1122", "0?0?"}, 1, 1), prediction = drawn({"1222", "0110"}, 1, 1);
  write_index_png(folders.truth() + "/t_mask.png", truth.u8(), 2, 4);
  write_index_png(folders.prediction() + "/t_mask.png", prediction.u8(), 2, 4);
  score::IouOptions options = folders.options();
  options.classes = 2;
  const score::IouReport report = score::score_iou(options);
  // Class 1: one found, one missed, one false on 0 (the other lies on an ignored pixel). Class 2: two found, one false.
  CHECK(score::figure(score::figures(report, 0), "global_iou") == doctest::Approx(1.0 / 3));
  CHECK(score::figure(score::figures(report, 1), "global_iou") == doctest::Approx(2.0 / 3));
  CHECK(score::figure(score::averages(report), "mean_iou") == doctest::Approx(0.5));
  // The other way round the prediction holds the ignored pixels.
  std::swap(options.truth, options.prediction);
  CHECK(score::figure(score::figures(score::score_iou(options), 0), "global_iou") == doctest::Approx(1.0 / 3));
}

TEST_CASE("a threshold is strict and on the 8-bit probability") {
  const Folders folders;
  write_png(folders.truth() + "/t_mask.png", drawn({"##"}, 1, 255));
  Image probability = Image::make(1, 2, 1);
  probability.bytes = {51, 52};
  write_png(folders.prediction() + "/t_prob.png", probability);
  score::IouOptions options = folders.options();
  options.prediction_suffix = "_prob";
  options.threshold = 0.2;  // 51 / 255
  CHECK(score::score_iou(options).tiles[0].counts[0].pixels.true_positive == 1);
  CHECK(folders.run({"--prediction-suffix", "_prob", "--threshold", "0.1"}).out.find("1.0000") != std::string::npos);
}

TEST_CASE("the best threshold is the one that score iou finds when all are tried, and is stored in weights") {
  const Folders folders;
  Random random(3);
  for (const char* id : {"a", "b", "c"}) {
    Image truth = Image::make(20, 30, 1), probability = Image::make(20, 30, 1);
    for (int64_t i = 0; i < 600; ++i) {
      truth.u8()[i] = static_cast<uint8_t>(random.integer(0, 1));
      probability.u8()[i] = static_cast<uint8_t>(random.integer(0, 155) + 100 * truth.u8()[i]);
    }
    write_mask_png(folders.truth() + "/" + id + "_mask.png", truth.u8(), 20, 30);
    write_png(folders.prediction() + "/" + id + "_prob.png", probability);
  }
  score::IouOptions options = folders.options();
  options.prediction_suffix = "_prob";
  const score::ThresholdSearch search = score::find_threshold(options);
  double best = 0;
  for (int k = 0; k < 255; ++k) {
    options.threshold = (k + 0.5) / 255;
    const double iou = score::figure(score::figures(score::score_iou(options), 0), "mean_iou");
    CHECK(search.by_step[static_cast<size_t>(k)] == doctest::Approx(iou).epsilon(1e-12));
    best = std::max(best, iou);
  }
  CHECK(search.mean_iou == doctest::Approx(best).epsilon(1e-12));
  options.threshold = search.threshold;
  CHECK(score::figure(score::figures(score::score_iou(options), 0), "mean_iou") ==
        doctest::Approx(best).epsilon(1e-12));

  NamedArrays weights;
  weights.arrays["x"] = HostArray::from({1}, {1});
  weights.metadata["threshold"] = "0.25";
  write_safetensors(folders.dir / "w", weights);
  const ProcessResult r =
      folders.run({"--prediction-suffix", "_prob", "--best-threshold", "--store", folders.dir / "w", "--json"});
  CHECK(r.exit_code == 0);
  CHECK(nlohmann::json::parse(r.out)["mean_iou"].get<double>() == doctest::Approx(best).epsilon(1e-12));
  CHECK(std::stod(read_safetensors(folders.dir / "w").metadata.at("threshold")) ==
        doctest::Approx(search.threshold).epsilon(1e-4));
  CHECK(folders.run({"--store", folders.dir / "w"}).exit_code == 2);
}

TEST_CASE("the best threshold of floats with no data is score iou's at that threshold") {
  if (!have_gdal()) return;
  const Folders folders;
  Random random(4);
  std::vector<uint8_t> truth(600);
  std::vector<float> probability(600);
  for (size_t i = 0; i < 600; ++i) {
    truth[i] = static_cast<uint8_t>(random.integer(0, 1));
    // Where there is no data nearly all would be wrong.
    probability[i] = i < 200 ? std::numeric_limits<float>::quiet_NaN()
                             : (static_cast<float>(random.integer(0, 6553)) + 3000.0f * truth[i]) / 10000.0f;
    if (i < 200) truth[i] = 1;
  }
  write_mask_png(folders.truth() + "/a_mask.png", truth.data(), 20, 30);
  write_probability_tiff(folders.prediction() + "/a_prob.tif", probability.data(), 20, 30);
  score::IouOptions options = folders.options();
  options.prediction_suffix = "_prob";
  const score::ThresholdSearch search = score::find_threshold(options);
  CHECK(search.without_prediction == 200);
  for (int k = 0; k < 255; k += 5) {
    options.threshold = (k + 0.5) / 255;
    const double iou = score::figure(score::figures(score::score_iou(options), 0), "mean_iou");
    CHECK(search.by_step[static_cast<size_t>(k)] == doctest::Approx(iou).epsilon(1e-12));
  }
  const ProcessResult r = folders.run({"--prediction-suffix", "_prob", "--best-threshold"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.find("200 pixels are left out") != std::string::npos);
  CHECK(folders.run({"--best-threshold", "--buffer", "3"}).exit_code == 2);
}

TEST_CASE("score as a process: table, JSON, CSV, quiet") {
  const Folders folders;
  add_three(folders);
  const ProcessResult table = folders.run({"--quiet"});
  CHECK(table.exit_code == 0);
  CHECK(table.err.empty());
  CHECK(table.out.find("0.5000") != std::string::npos);
  const std::string csv = folders.dir / "tiles.csv";
  const ProcessResult json = folders.run({"--json", "--csv", csv, "--quiet"});
  CHECK(json.exit_code == 0);
  CHECK(json.err.empty());
  const auto parsed = nlohmann::json::parse(json.out);
  CHECK(parsed["tiles"] == 3);
  CHECK(parsed["mean_iou"].get<double>() == doctest::Approx(0.5));
  CHECK(parsed["global_iou"].get<double>() == doctest::Approx(0.25));
  std::ifstream file(csv);
  std::string header, first;
  std::getline(file, header);
  std::getline(file, first);
  CHECK(header == "id,class,iou,precision,recall,f1,true_positive,false_positive,false_negative");
  CHECK(first == "a,1,0.500000,0.666667,0.666667,0.666667,2,1,1");
}

TEST_CASE("tiles on one side only are counted and named, and fail unless skipped") {
  const Folders folders;
  add_three(folders);
  fs::remove(folders.prediction() + "/b_mask.png");
  fs::remove(folders.truth() + "/c_mask.png");
  const ProcessResult failed = folders.run({"--json", "--quiet"});
  CHECK(failed.exit_code == 1);
  CHECK(one_line_naming(failed, "1 truth without a prediction (b) and 1 prediction without a truth (c)"));
  CHECK(nlohmann::json::parse(failed.out)["only_truth"][0] == "b");
  const ProcessResult skipped = folders.run({"--missing", "skip", "--quiet"});
  CHECK(skipped.exit_code == 0);
  CHECK(skipped.err.empty());
  CHECK(skipped.out.find("1 tile\n") != std::string::npos);
}

TEST_CASE("wrong masks are named") {
  const Folders folders;
  add_three(folders);
  folders.add("d", {"##"}, {"##", ".."});
  CHECK(one_line_naming(folders.run({}), "d_mask.png: expected 2 x 1 pixels"));
  std::ofstream(folders.prediction() + "/d_mask.png") << "no image";
  const ProcessResult broken = folders.run({});
  CHECK(broken.exit_code == 1);
  CHECK(one_line_naming(broken, "d_mask.png"));
  CHECK(broken.out.empty());
  const ProcessResult absent = run_process("score", {"iou", folders.truth(), folders.dir / "nowhere"});
  CHECK(absent.exit_code == 1);
  CHECK(one_line_naming(absent, "nowhere"));
}

TEST_CASE("wrong usage is exit 2, help and version are exit 0") {
  for (const std::vector<std::string>& arguments : {Rows{}, Rows{"iou"}, Rows{"iou", "a", "b", "--classes", "0"},
                                                    Rows{"iuo", "a", "b"}, Rows{"iou", "a", "b", "--jsn"}}) {
    const ProcessResult r = run_process("score", arguments);
    CHECK(r.exit_code == 2);
    CHECK(r.out.empty());
    CHECK(one_line_naming(r, "score: "));
  }
  for (const Rows& arguments : {Rows{"--help"}, Rows{"iou", "--help"}, Rows{"--version"}}) {
    const ProcessResult r = run_process("score", arguments);
    CHECK(r.exit_code == 0);
    CHECK(r.err.empty());
    CHECK_FALSE(r.out.empty());
  }
}

TEST_CASE("sheet draws the tiles that have an image, a truth and a prediction") {
  const Folders folders;
  add_three(folders);
  const std::string out = folders.dir / "sheet.png";
  const auto sheet = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--truth", folders.truth(), "--prediction", folders.prediction(), "--out", out,
                             "--existing", "overwrite", "--quiet"});
    return run_process("sheet", more);
  };
  const ProcessResult none = sheet({"--images", folders.prediction()});
  CHECK(none.exit_code == 1);
  for (const char* id : {"a", "b", "c"}) {
    write_png(folders.dir / (std::string(id) + "_sat.png"), drawn({"3579", "1234"}, 3, 1));
  }
  const ProcessResult r = sheet({"--images", folders.dir.path, "--count", "3", "--panel", "64"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  CHECK(read_image_header(out).bands == 3);
  CHECK(sheet({"--images", folders.dir.path, "--count", "0"}).exit_code == 2);
  // An image that does not fit its mask.
  write_png(folders.dir / "a_sat.png", drawn({"1"}, 3, 1));
  const ProcessResult wrong = sheet({"--images", folders.dir.path});
  CHECK(wrong.exit_code == 1);
  CHECK(one_line_naming(wrong, "a_sat.png"));
}
