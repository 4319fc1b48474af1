// Stages as processes: several sources in several forms, averages, accumulation, another number of classes; killed and
// resumed they end as undisturbed ones.
#include <doctest/doctest.h>

#include <map>

#include "io/file.h"
#include "io/weights/safetensors.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

ProcessResult train(const std::vector<std::string>& arguments) { return run_process("train", arguments); }

// Images and masks in two folders, a list, maps of weights; a second stage of two classes.
json many_options(const TemporaryFolder& dir) {
  write_tiles(dir / "a", 3, 48, 1);
  write_tiles(dir / "b", 4, 40, 2);
  write_tiles(dir / "val", 3, 40, 3);
  fs::create_directories(dir / "masks");
  std::string list;
  for (int i = 0; i < 4; ++i) {
    const std::string id = "t" + std::to_string(i);
    if (i < 3) {
      fs::rename(dir / ("a/" + id + "_mask.png"), dir / ("masks/" + id + "_mask.png"));
      Image weights = Image::make(48, 48, 1);
      for (int p = 0; p < 48 * 48; ++p) weights.u8()[p] = static_cast<uint8_t>(p % 256);
      write_png(dir / ("masks/" + id + "_distance.png"), weights);
    }
    write_png(dir / ("b/" + id + "_distance.png"), Image::make(40, 40, 1));
    list += "b/" + id + "_sat.png\tb/" + id + "_mask.png\tb/" + id + "_distance.png\n";
  }
  write_file(dir / "list.txt", list);
  json j = small_config(dir);
  j["network"]["name"] = "pp_linknet34_psp64";  // a map of 2 x 2 pixels in the centre: batch norm wants more than one
  json& first = j["stages"][0];
  first["train"] = {{{"path", dir / "a"}, {"masks", dir / "masks"}, {"weight", 2}}, {{"path", dir / "list.txt"}}};
  first["tiles_per_epoch"] = 6;
  first["batch"] = 1;
  first["accumulate"] = 2;
  first["ema_decay"] = 0.9;
  first["freeze_encoder_epochs"] = 1;
  first["pixel_weights"] = {{"map", 3}, {"foreground", {2}}};
  json second = small_config(dir)["stages"][0];
  second["name"] = "fine";
  second["train"] = dir / "b";
  second["classes"] = 2;
  second["epochs"] = 1;
  j["stages"].push_back(second);
  j["checkpoint"] = {{"every_steps", 2}, {"every_minutes", 0}};
  return j;
}

// All weights of a run, and its log without times.
std::map<std::string, std::string> result_of(const std::string& run) {
  std::map<std::string, std::string> result;
  for (const char* name : {"roads/best", "roads/last", "roads/best_average", "roads/last_average", "fine/last"})
    result[name] = read_text(run + "/" + name + ".safetensors", uint64_t{1} << 30);
  for (json line : log_lines(run + "/log.jsonl")) {
    for (const char* timing : {"seconds", "images_per_second", "waiting", "peak_mib"}) line.erase(timing);
    for (const char* part : {"validation", "validation_average"})
      if (line.contains(part)) line[part].erase("seconds");
    result["log"] += line.dump() + "\n";
  }
  return result;
}

}  // namespace

TEST_CASE("stages with everything: what they say, what they leave, killed and resumed to the bit") {
  const TemporaryFolder dir;
  const std::string config = write_config(dir, many_options(dir));
  const ProcessResult r = train({config});
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  CHECK(r.err.find("fine: the last layer is new: 2 classes") != std::string::npos);
  CHECK(r.err.find("best_average.safetensors has 1") != std::string::npos);
  const auto lines = log_lines(dir / "run/log.jsonl");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["validation_average"]["iou"] != lines[0]["validation"]["iou"]);
  CHECK(lines[1].contains("validation_average"));
  CHECK(!lines[2].contains("validation_average"));
  const NamedArrays fine = read_safetensors(dir / "run/fine/last.safetensors");
  CHECK(fine.at("finalconv3.weight").shape[0] == 2);
  CHECK(fine.metadata.at("classes") == "2");

  const auto expected = result_of(dir / "run");
  const std::string other = dir / "other";
  for (const char* at : {"000-000000-0000004", "000-000001-0000002"}) {
    const std::string start = fs::exists(other + "/config.json") ? "--resume " + other : config + " --set run=" + other;
    run_process("/bin/bash", {"-c", PPL_BIN "/train --quiet " + start + " & pid=$!; until ls " + other +
                                        "/checkpoints 2>/dev/null | grep -q '^" + at +
                                        "'; do kill -0 $pid 2>/dev/null || exit; sleep 0.01; done; kill -KILL $pid"});
  }
  const ProcessResult last = train({"--resume", other, "--quiet"});
  CAPTURE(last.err);
  CHECK(last.exit_code == 0);
  CHECK(result_of(other) == expected);
}

TEST_CASE("a loss that is not finite stops with the tiles' names, or is skipped so many times") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 48, 1);
  json j = small_config(dir);
  json& stage = j["stages"][0];
  stage.erase("validation");
  stage["batch"] = 2;
  stage["learning_rate"] = 1e3;
  stage["schedule"] = {{"name", "constant"}};
  stage["optimizer"] = {{"name", "sgd"}, {"momentum", 1e30}};
  stage["epochs"] = 5;
  const std::string config = write_config(dir, j);
  const ProcessResult stopped = train({config, "--quiet"});
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code == 1);
  CHECK(stopped.err.find("stage roads, epoch") != std::string::npos);
  CHECK(stopped.err.find("on tiles t") != std::string::npos);
  const ProcessResult skipped = train({config, "--overwrite", "--set", "stages.0.skip_not_finite=2"});
  CAPTURE(skipped.err);
  CHECK(skipped.exit_code == 1);
  const size_t first = skipped.err.find("the step is skipped"),
               second = skipped.err.find("the step is skipped", first + 1);
  CHECK(second != std::string::npos);
  CHECK(skipped.err.find("the step is skipped", second + 1) == std::string::npos);
}

TEST_CASE("what is wrong with sources and weights is said in one line") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 48, 1);
  const auto error_with = [&](const json& change) {
    json j = small_config(dir);
    j["stages"][0].erase("validation");
    j["stages"][0].update(change);
    const ProcessResult r = train({write_config(dir, j), "--quiet"});
    CHECK(r.exit_code == 1);
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
    CHECK(!fs::exists(dir / "run"));
    return r.err;
  };
  const json folder = dir / "train", weighted = {{"path", dir / "train"}, {"weight", 2}};
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(has(error_with({{"train", {folder, weighted}}}), "need tiles_per_epoch"));
  CHECK(has(error_with({{"train", {{{"path", dir / "train"}, {"wieght", 2}}}}}), "the nearest is 'weight'"));
  CHECK(has(error_with({{"train", json::array()}}), "train is missing"));
  CHECK(has(error_with({{"train", 5}}), "must be a path"));
  CHECK(has(error_with({{"pixel_weights", {{"map", 1}}}}), "}: the map of weights is missing"));
  CHECK(has(error_with({{"pixel_weights", {{"foreground", {1, 2}}}}}), "2 numbers for 1 classes"));
  CHECK(has(error_with({{"ema_decay", 1}}), "ema_decay"));
  CHECK(has(error_with({{"tiles_per_epoch", 3}}), "do not fill one batch of 4"));
}

TEST_CASE("the recipes that are shipped are configurations") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(PPL_RECIPES)) {
    CAPTURE(entry.path().string());
    const ProcessResult r = train({entry.path(), "--print-config"});
    CAPTURE(r.err);
    CHECK(r.exit_code == 0);
    CHECK(json::parse(r.out).at("stages").size() >= 1);
    ++count;
  }
  CHECK(count >= 6);
}
