// train, predict and tiles as processes: the whole way on small generated tiles, and what goes wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/file.h"
#include "io/image/image.h"
#include "io/weights/safetensors.h"
#include "kernels/cuda/device.h"
#include "tests/support/process.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool one_line_naming(const ProcessResult& r, const std::string& what) {
  return std::count(r.err.begin(), r.err.end(), '\n') == 1 && r.err.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("train, predict: the same seed gives the same losses, and the weights file alone is enough") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 8, 48, 1);
  write_tiles(dir / "val", 2, 40, 2);
  const std::string config = write_config(dir, small_config(dir));
  const ProcessResult r = run_process("train", {config, "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  const std::vector<json> lines = log_lines(dir / "run/log.jsonl");
  REQUIRE(lines.size() == 2);
  CHECK(lines[1]["epoch"] == 2);
  CHECK(lines[1]["validation"].contains("iou"));
  CHECK(json::parse(std::ifstream(dir / "run/config.json"))["stages"][0]["patience"] == 6);

  CHECK(run_process("train", {config, "--quiet", "--set", "run=" + dir / "again", "--set", "workers=1"}).exit_code ==
        0);
  const std::vector<json> again = log_lines(dir / "again/log.jsonl");
  REQUIRE(again.size() == 2);
  for (size_t i = 0; i < 2; ++i) CHECK(again[i]["loss"].get<double>() == lines[i]["loss"].get<double>());

  const NamedArrays weights = read_safetensors(dir / "run/roads/best.safetensors");
  CHECK(weights.metadata.at("network") == "pp_linknet34");
  for (const char* views : {"1", "8"}) {
    const ProcessResult p =
        run_process("predict", {dir / "run/roads/best.safetensors", dir / "val", dir / "masks", "--views", views,
                                "--probabilities", "png", "--existing", "overwrite", "--quiet"});
    CHECK(p.exit_code == 0);
    // After two epochs all may be foreground, which is said.
    CHECK((p.err.empty() || one_line_naming({1, "", p.err}, "is foreground")));
  }
  const Image mask = read_mask(dir / "masks/t1_mask.png");
  CHECK(mask.height == 40);
  CHECK(mask.width == 40);
  CHECK(read_image(dir / "masks/t1_prob.png").height == 40);
}

TEST_CASE("a CUDA device that is not there: asked for, an error; else a line, and the CPU") {
  if (cuda_problem().empty()) return;
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 32, 1);
  json j = small_config(dir);
  j["stages"][0]["epochs"] = 0;
  j["stages"][0].erase("validation");
  const std::string config = write_config(dir, j), weights = dir / "run/roads/best.safetensors";
  const ProcessResult refused = run_process("train", {config, "--device", "cuda"});
  CHECK(refused.exit_code == 1);
  CHECK(one_line_naming(refused, "--device cuda: " + cuda_problem()));
  CHECK(!fs::exists(dir / "run"));
  const ProcessResult r = run_process("train", {config});
  CHECK(r.exit_code == 0);
  CHECK(r.err.find("device: cpu, since " + cuda_problem()) != std::string::npos);

  const ProcessResult p = run_process("predict", {weights, dir / "train", dir / "masks", "--device", "cuda"});
  CHECK(p.exit_code == 1);
  CHECK(one_line_naming(p, "--device cuda: " + cuda_problem()));
  CHECK(!fs::exists(dir / "masks"));
  CHECK(run_process("predict", {weights, dir / "train", dir / "masks", "--device", "gpu"}).exit_code == 2);
}

TEST_CASE("predict names tiles that cannot be read, does the others and exits with 1") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 32, 1);
  json j = small_config(dir);
  j["stages"][0]["epochs"] = 0;
  j["stages"][0].erase("validation");
  REQUIRE(run_process("train", {write_config(dir, j), "--quiet"}).exit_code == 0);
  std::ofstream(dir / "train/broken_sat.png") << "not an image";
  std::ofstream(dir / "train/empty_sat.jpg");
  const ProcessResult r = run_process(
      "predict", {dir / "run/roads/best.safetensors", dir / "train", dir / "masks", "--views", "1", "--quiet"});
  CHECK(r.exit_code == 1);
  CHECK(r.err.find("broken") != std::string::npos);
  CHECK(r.err.find("empty") != std::string::npos);
  CHECK(fs::exists(dir / "masks/t3_mask.png"));
  CHECK_FALSE(fs::exists(dir / "masks/broken_mask.png"));
}

TEST_CASE("packed tiles train as their folder does") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 48, 1);
  REQUIRE(run_process("tiles", {"pack", dir / "train", dir / "train.tiles", "--quiet"}).exit_code == 0);
  json j = small_config(dir);
  j["stages"][0].erase("validation");
  j["stages"][0]["epochs"] = 1;
  const std::string config = write_config(dir, j);
  CHECK(run_process("train", {config, "--quiet"}).exit_code == 0);
  CHECK(run_process("train", {config, "--quiet", "--set", "run=" + dir / "packed", "--set",
                              "stages.0.train=" + dir / "train.tiles"})
            .exit_code == 0);
  CHECK(log_lines(dir / "run/log.jsonl")[0]["loss"] == log_lines(dir / "packed/log.jsonl")[0]["loss"]);
}

TEST_CASE("tiles stats prints the input of a configuration") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 2, 32, 1);
  const ProcessResult r = run_process("tiles", {"stats", dir / "train", "--ground-sample-distance", "0.5", "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(json::parse(r.out)["ground_sample_distance"] == 0.5);
  CHECK(json::parse(r.out)["mean"].size() == 3);
}

TEST_CASE("what is wrong with a configuration is said in one line") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 32, 1);
  const json good = small_config(dir);
  const auto attempt = [&](const std::function<void(json&)>& change) {
    json j = good;
    change(j);
    return run_process("train", {write_config(dir, j), "--quiet"});
  };
  const auto refused = [&](const std::function<void(json&)>& change, const char* naming) {
    const ProcessResult r = attempt(change);
    CAPTURE(r.err);
    CHECK(r.exit_code == 1);
    CHECK(one_line_naming(r, naming));
    CHECK_FALSE(fs::exists(dir / "run"));
  };
  refused([](json& j) { j["stages"][0]["epoch"] = 3; }, "'epochs'");
  refused([](json& j) { j["stages"][0]["loss"] = "focall"; }, "focal");
  refused([](json& j) { j["network"]["name"] = "pp_linknet"; }, "pp_linknet34");
  refused([](json& j) { j["stages"][0]["batch"] = "eight"; }, "stages.0.batch");
  refused([](json& j) { j["stages"][0]["crop"] = 33; }, "crop");
  refused([](json& j) { j["stages"] = json::array(); }, "stages");
  refused([](json& j) { j["input"]["men"] = 1; }, "men");
  refused([&](json& j) { j["stages"][0]["validation"] = dir / "nowhere"; }, "nowhere");
  CHECK(run_process("train", {dir / "absent.json", "--quiet"}).exit_code == 1);
  CHECK(run_process("train", {"--quiet"}).exit_code == 2);
  CHECK(run_process("predict", {dir / "absent", dir / "train", dir / "out"}).exit_code == 2);
  CHECK(run_process("train", {"--version"}).out.find("pplinknet") != std::string::npos);
}

TEST_CASE("a folder with problems stops the run before training, or is trained on without them") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 5, 32, 1);
  fs::remove(dir / "train/t0_mask.png");
  json j = small_config(dir);
  j["stages"][0].erase("validation");
  j["stages"][0]["epochs"] = 1;
  const ProcessResult stopped = run_process("train", {write_config(dir, j), "--quiet"});
  CHECK(stopped.exit_code == 1);
  CHECK(one_line_naming(stopped, "t0"));
  CHECK_FALSE(fs::exists(dir / "run"));
  j["stages"][0]["bad_tiles"] = "skip";
  CHECK(run_process("train", {write_config(dir, j), "--quiet"}).exit_code == 0);
}

TEST_CASE("a batch that the tiles cannot fill is refused before an earlier run is touched") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 32, 1);
  json j = small_config(dir);
  j["stages"][0].erase("validation");
  j["stages"][0]["batch"] = 50;
  fs::create_directories(dir / "run");
  std::ofstream(dir / "run/log.jsonl") << "{\"epoch\":1}\n";
  const ProcessResult r = run_process("train", {write_config(dir, j), "--quiet", "--overwrite"});
  CAPTURE(r.err);
  CHECK(r.exit_code == 1);
  CHECK(one_line_naming(r, dir / "train"));
  CHECK(log_lines(dir / "run/log.jsonl").size() == 1);
  CHECK_FALSE(fs::exists(dir / "run/config.json"));
}

TEST_CASE("an earlier run in the same folder is kept, or replaced when told so") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 32, 1);
  json j = small_config(dir);
  j["stages"][0].erase("validation");
  const std::string config = write_config(dir, j);
  REQUIRE(run_process("train", {config, "--quiet"}).exit_code == 0);
  const std::string log = read_text(dir / "run/log.jsonl");
  const auto weights = read_file(dir / "run/roads/last.safetensors");
  const ProcessResult refused = run_process("train", {config, "--quiet", "--set", "seed=2"});
  CHECK(refused.exit_code == 1);
  CHECK(one_line_naming(refused, dir / "run"));
  CHECK(read_text(dir / "run/log.jsonl") == log);
  CHECK((read_file(dir / "run/roads/last.safetensors") == weights));
  CHECK(run_process("train", {config, "--quiet", "--overwrite", "--set", "seed=2"}).exit_code == 0);
  CHECK((read_file(dir / "run/roads/last.safetensors") != weights));
}

TEST_CASE("too little memory is explained by network, crop and batch") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 32, 1);
  json j = small_config(dir);
  j["stages"][0].erase("validation");
  const std::string command = "ulimit -v 1500000; exec " PPL_BIN "/train " + write_config(dir, j) + " --quiet";
  const ProcessResult r = run_process("/bin/bash", {"-c", command});
  CAPTURE(r.err);
  CHECK(r.exit_code == 1);
  CHECK(one_line_naming(r, "network pp_linknet34, crop 32, batch 4"));
}
