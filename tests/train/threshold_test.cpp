// The threshold that a stage chooses is the best of all that there are, and is the one that predict takes.
#include <doctest/doctest.h>

#include "apps/common/weights.h"
#include "apps/train/validate.h"
#include "engine/communication/communication.h"
#include "io/tiles/packed.h"
#include "io/weights/safetensors.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
using namespace ppl::apps;

namespace {

double iou_at(LinkNet& network, const std::shared_ptr<const TileSource>& tiles, int views, double threshold) {
  const auto alone = one_process();
  return validate(network, tiles, DType::f32, views, threshold, *alone, {}).pixels.iou();
}

}  // namespace

TEST_CASE("the threshold of each number of views is the best there is, and predict takes it") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 8, 64, 1);
  write_tiles(dir / "val", 3, 64, 2);
  nlohmann::json j = small_config(dir);
  j["stages"][0].update({{"choose_threshold", true}, {"ema_decay", 0.5}, {"epochs", 3}});
  const ProcessResult trained = run_process("train", {write_config(dir, j)});
  REQUIRE_MESSAGE(trained.exit_code == 0, trained.err);
  FolderOptions options;
  const std::shared_ptr<const TileSource> tiles = open_tiles(dir / "val", options);
  for (const char* name : {"best", "best_average"}) {
    CAPTURE(name);
    const LoadedNetwork w = load_weights(dir / "run/roads/" + name + ".safetensors");
    REQUIRE(w.info.thresholds.size() == 2);
    CHECK(w.info.threshold == doctest::Approx(w.info.thresholds.at(1)).epsilon(1e-5));
    for (const auto& [views, chosen] : w.info.thresholds) {
      double best = 0;
      for (int k = 0; k < 255; k += 10) best = std::max(best, iou_at(*w.network, tiles, views, (k + 0.5) / 255));
      CHECK(iou_at(*w.network, tiles, views, chosen) >= best);
      CHECK(best > iou_at(*w.network, tiles, views, 0.999));
    }
  }
  const std::string weights = dir / "run/roads/best.safetensors";
  const ProcessResult info = run_process("weights", {"info", weights});
  CHECK(info.out.find("thresholds: {\"1\":0.") != std::string::npos);
  NamedArrays file = read_safetensors(weights);
  file.metadata["thresholds"] = R"({"1": 0.75, "8": 0.375})";
  write_safetensors(weights, file);
  const ProcessResult eight = run_process("predict", {weights, dir / "val", dir / "out", "--tta", "8"});
  CHECK_MESSAGE(
      eight.err.find("foreground is above 0.3750, as chosen on validation tiles for 8 views") != std::string::npos,
      eight.err);
  const ProcessResult given =
      run_process("predict", {weights, dir / "val", dir / "out4", "--tta", "4", "--threshold", "0.5"});
  CHECK(given.exit_code == 0);
  CHECK(given.err.find("as chosen") == std::string::npos);
}

TEST_CASE("a threshold is chosen for one class, where there are validation tiles") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 8, 64, 1);
  nlohmann::json j = small_config(dir);
  j["stages"][0]["choose_threshold"] = true;
  j["network"]["classes"] = 2;
  const auto refused = [&](const char* what) {
    const ProcessResult r = run_process("train", {write_config(dir, j)});
    CHECK(r.exit_code == 1);
    CHECK_MESSAGE(r.err.find(what) != std::string::npos, r.err);
  };
  refused("choose_threshold is for one class, not 2");
  j["stages"][0].erase("validation");
  refused("choose_threshold without validation tiles");
}
