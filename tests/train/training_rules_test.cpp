// What train refuses or says where a result would be wrong in silence: weights of another network, tiles normalised
// otherwise, crops that no tile has room for.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/common/weights.h"
#include "engine/random.h"
#include "io/tiles/packed.h"
#include "io/weights/safetensors.h"
#include "models/networks.h"
#include "models/state_dict.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Run {
  TemporaryFolder dir;
  json config;

  Run() {
    write_tiles(dir / "train", 4, 48, 1);
    write_tiles(dir / "val", 2, 40, 2);
    config = small_config(dir);
    config["network"]["name"] = "linknet34";
    config["stages"][0]["epochs"] = 1;
  }
  json& stage() { return config["stages"][0]; }
  ProcessResult train(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{write_config(dir, config)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_process("train", arguments);
  }
};

std::unique_ptr<LinkNet> random_network(const std::string& name) {
  auto network = make_network(name);
  Random random(4);
  network->initialize(random);
  return network;
}

}  // namespace

TEST_CASE("initial weights of another network are refused by their metadata, though the shapes are equal") {
  Run run;
  apps::WeightsInfo info;
  info.network = "pp_linknet34";
  apps::save_weights(run.dir / "w.safetensors", *random_network("pp_linknet34"), info);
  run.config["network"]["name"] = "pp_linknet34_psp64";
  run.config["initial_weights"] = run.dir / "w.safetensors";
  const ProcessResult r = run.train({"--quiet"});
  CHECK(r.exit_code == 1);
  CHECK(has(r.err, "the weights are of pp_linknet34, not of pp_linknet34_psp64"));
  CHECK_FALSE(fs::exists(run.dir / "run"));
}

TEST_CASE("a network without weights starts from the share of foreground that its masks have") {
  Run run;
  run.stage()["epochs"] = 0;
  CHECK(has(run.train().err, " % foreground"));
  const auto bias_of = [&] {
    return read_safetensors(run.dir / "run/roads/best.safetensors").at("finalconv3.bias").as_f32()[0];
  };
  CHECK(bias_of() == doctest::Approx(std::log(10.0 / 38)).epsilon(1e-5));  // of 48 columns ten are the bar
  run.config["network"]["prior"] = {0.25};
  CHECK(run.train({"--overwrite"}).exit_code == 0);
  CHECK(bias_of() == doctest::Approx(std::log(1.0 / 3)));
  run.config["network"] = {{"name", "linknet34"}, {"start", "published"}};
  CHECK(run.train({"--overwrite"}).exit_code == 0);
  CHECK(std::abs(bias_of()) < 0.1);  // uniform by fan in
}

TEST_CASE("initial weights under another prefix, and weights of another normalisation, which is said") {
  Run run;
  apps::WeightsInfo info;
  info.network = "linknet34";
  info.input.mean = {0.5, 0.5, 0.5};
  NamedArrays file;
  for (auto& [name, array] : state_dict(*random_network("linknet34")).arrays)
    file.arrays["net._orig_mod." + name] = array;
  file.metadata = apps::metadata_of(info);
  write_safetensors(run.dir / "w.safetensors", file);
  run.config["initial_weights"] = run.dir / "w.safetensors";
  run.stage()["epochs"] = 0;
  const ProcessResult r = run.train();
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
  CHECK(has(r.err, "was trained on images normalised otherwise"));
  const NamedArrays best = read_safetensors(run.dir / "run/roads/best.safetensors");
  CHECK(best.at("firstconv.weight").bytes == file.at("net._orig_mod.firstconv.weight").bytes);
}

TEST_CASE("training and validation that are normalised otherwise are refused") {
  Run run;
  FolderOptions options;
  options.input.mean = {0.25, 0.25, 0.25};
  pack_folder(run.dir / "train", run.dir / "packed", options);
  run.stage()["train"] = run.dir / "packed";
  const ProcessResult r = run.train({"--quiet"});
  CHECK(r.exit_code == 1);
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  CHECK(has(r.err, (run.dir / "val") + ": images are normalised by"));
  CHECK(has(r.err, run.dir / "packed"));
  CHECK_FALSE(fs::exists(run.dir / "run"));

  run.config["input"] = {{"mean", {0.25, 0.25, 0.25}}};
  CHECK(run.train({"--quiet"}).exit_code == 0);
}

TEST_CASE("a crop that no tile has room for becomes smaller, and it is said") {
  Run run;
  run.stage()["crop"] = 256;
  run.stage()["batch"] = 2;
  const ProcessResult r = run.train();
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
  CHECK(has(r.err, "roads: no tile has room for a crop of 256: it is 32 instead"));
  write_tiles(run.dir / "train", 1, 320, 3);  // t0: larger than the others
  const ProcessResult mixed = run.train({"--overwrite"});
  CHECK(has(mixed.err, "3 of 4 tiles are smaller than the crop of 256"));
}

TEST_CASE("batch norm over one value says so") {
  Run run;
  run.stage()["batch"] = 1;
  const ProcessResult r = run.train({"--quiet"});
  CHECK(r.exit_code == 1);
  CHECK(has(r.err, "one value a channel"));
  CHECK(has(r.err, "larger crop or more tiles a batch"));
}

TEST_CASE("sources of another distance are resampled as they are read") {
  Run run;
  run.config["stages"][0]["train"] = json::array({{{"path", run.dir / "train"}, {"ground_sample_distance", 1.0}}});
  const ProcessResult refused = run.train({"--quiet"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "wants that of the network too"));
  run.config["input"] = {{"ground_sample_distance", 0.5}};
  run.config["stages"][0]["crop"] = 64;
  const ProcessResult r = run.train();
  CHECK(r.exit_code == 0);
  CHECK(has(r.err, "resampled as it is read, 2 times as large"));
  // 48 pixels a side have become 96: there is room for a crop of 64.
  CHECK_FALSE(has(r.err, "no tile has room"));

  FolderOptions options;
  options.zoom = 2;
  const FolderTiles tiles(run.dir / "train", options);
  CHECK(tiles.entry(0).height == 96);
  const Tile large = tiles.load(0);
  const Tile small = FolderTiles(run.dir / "train", FolderOptions{}).load(0);
  bool same = large.height == 96 && large.width == 96;
  for (int64_t y = 0; same && y < 96; ++y)
    for (int64_t x = 0; x < 96; ++x) same &= large.mask[y * 96 + x] == small.mask[y / 2 * 48 + x / 2];
  CHECK(same);
}
