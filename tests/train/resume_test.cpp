// train --resume: killed anywhere, a run ends as an undisturbed one does, to the bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>

#include "io/file.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Two stages of a few steps each, a checkpoint at every step.
json two_stages(const TemporaryFolder& dir) {
  json j = small_config(dir);
  json& stage = j["stages"][0];
  stage["batch"] = 2;
  json second = stage;
  second["name"] = "fine";
  second.erase("validation");
  second["epochs"] = 1;
  j["stages"].push_back(second);
  j["checkpoint"] = {{"every_steps", 1}};
  return j;
}

void write_all_tiles(const TemporaryFolder& dir) {
  write_tiles(dir / "train", 4, 48, 1);
  write_tiles(dir / "val", 2, 40, 2);
}

// Everything of a run but how long it took.
std::map<std::string, std::string> result_of(const std::string& run) {
  std::map<std::string, std::string> result;
  for (const char* name : {"roads/best", "roads/last", "fine/best", "fine/last"})
    result[name] = read_text(run + "/" + name + ".safetensors", uint64_t{1} << 30);
  for (json line : log_lines(run + "/log.jsonl")) {
    for (const char* timing : {"seconds", "images_per_second", "waiting", "peak_mib"}) line.erase(timing);
    if (line.contains("validation")) line["validation"].erase("seconds");
    result["log"] += line.dump() + "\n";
  }
  return result;
}

ProcessResult train(const std::vector<std::string>& arguments) { return run_process("train", arguments); }

// Runs train and kills it after so many milliseconds, if it still runs.
void killed_after(int milliseconds, const std::string& arguments) {
  const std::string seconds = std::to_string(milliseconds / 1000.0);
  run_process("/bin/bash", {"-c", "timeout -s KILL " + seconds + " " PPL_BIN "/train --quiet " + arguments});
}

// Runs train and kills it when a checkpoint whose name begins so is there.
void killed_at(const std::string& checkpoint, const std::string& run, const std::string& arguments) {
  run_process("/bin/bash", {"-c", PPL_BIN "/train --quiet " + arguments + " & pid=$!; until ls " + run +
                                      "/checkpoints 2>/dev/null | grep -q '^" + checkpoint +
                                      ".*safetensors$'; do kill -0 $pid 2>/dev/null || exit; sleep 0.01; done; "
                                      "kill -KILL $pid; wait $pid"});
}

int kills() {
  const char* wanted = std::getenv("PPL_KILLS");
  return wanted ? std::atoi(wanted) : 3;
}

std::vector<std::string> checkpoints(const std::string& run) {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(run + "/checkpoints")) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("a run killed at random moments ends as an undisturbed one") {
  const TemporaryFolder dir;
  write_all_tiles(dir);
  const std::string config = write_config(dir, two_stages(dir));
  REQUIRE(train({config, "--quiet"}).exit_code == 0);
  const auto expected = result_of(dir / "run");

  const std::string other = dir / "other";
  Random random(static_cast<uint64_t>(kills()));
  killed_at("000-000000-0000001", other, config + " --set run=" + other);
  killed_at("000-000001", other, "--resume " + other);
  for (int i = 2; i < kills(); ++i) killed_after(static_cast<int>(random.integer(300, 2500)), "--resume " + other);
  const ProcessResult last = train({"--resume", other, "--quiet"});
  CAPTURE(last.err);
  CHECK(last.exit_code == 0);
  CHECK(last.err.empty());
  CHECK(result_of(other) == expected);
  CHECK(log_lines(other + "/log.jsonl").size() == 3);
  for (const auto& entry : fs::recursive_directory_iterator(other)) CHECK(entry.path().extension() != ".tmp");
}

TEST_CASE("a damaged checkpoint is named and the one before is taken") {
  const TemporaryFolder dir;
  write_all_tiles(dir);
  json j = two_stages(dir);
  const std::string config = write_config(dir, j);
  REQUIRE(train({config, "--quiet"}).exit_code == 0);
  const auto expected = result_of(dir / "run");
  const std::vector<std::string> files = checkpoints(dir / "run");
  REQUIRE(files.size() == 2);

  fs::remove(files[1]);  // the end of the run
  fs::copy_file(files[0], files[1]);
  std::fstream damaged(files[1], std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(-1000, std::ios::end);
  damaged.put('x');
  damaged.close();
  const ProcessResult r = train({"--resume", dir / "run", "--quiet"});
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
  CHECK(r.err.find(fs::path(files[1]).filename()) != std::string::npos);
  CHECK(r.err.find("checksum") != std::string::npos);
  CHECK(result_of(dir / "run") == expected);

  for (const std::string& file : checkpoints(dir / "run")) fs::resize_file(file, fs::file_size(file) / 2);
  const ProcessResult none = train({"--resume", dir / "run", "--quiet"});
  CHECK(none.exit_code == 1);
  CHECK(none.err.find("damaged") != std::string::npos);
}

TEST_CASE("SIGUSR1 saves, SIGTERM saves and ends with 75, and the run goes on from there") {
  const TemporaryFolder dir;
  write_all_tiles(dir);
  json j = two_stages(dir);
  j["checkpoint"] = {{"every_minutes", 0}};
  j["stages"][0]["epochs"] = 40;
  const std::string config = write_config(dir, j);
  const auto with_signal = [&](const std::string& signal, const std::string& also) {
    return run_process("/bin/bash", {"-c", PPL_BIN "/train " + config + " --quiet & while ! [ -e " +
                                               (dir / "run/log.jsonl") + " ] || ! [ -s " + (dir / "run/log.jsonl") +
                                               " ]; do sleep 0.05; done; kill -" + signal + " $!; " + also});
  };
  const ProcessResult stopped = with_signal("TERM", "wait $!");
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code == 75);
  CHECK(stopped.err.find("--resume") != std::string::npos);
  REQUIRE(checkpoints(dir / "run").size() == 2);  // the start of the stage, and this one

  fs::remove_all(dir / "run");
  const ProcessResult saved = with_signal("USR1", "pid=$!; until [ $(ls " + (dir / "run/checkpoints") +
                                                      " | grep -vc tmp) = 2 ]; do sleep 0.05; "
                                                      "done; kill -0 $pid && kill -TERM $pid; wait $pid");
  CHECK(saved.exit_code == 75);

  const ProcessResult r = train({"--resume", dir / "run", "--quiet", "--set", "stages.0.epochs=3"});
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
}

TEST_CASE("resume: what is finished, missing or contradictory") {
  const TemporaryFolder dir;
  write_all_tiles(dir);
  json j = two_stages(dir);
  j["stages"].erase(1);
  const std::string config = write_config(dir, j);
  const ProcessResult missing = train({"--resume", dir / "run", "--quiet"});
  CHECK(missing.exit_code == 1);
  CHECK(missing.err.find(dir / "run") != std::string::npos);
  REQUIRE(train({config, "--quiet"}).exit_code == 0);
  const std::string before = read_text(dir / "run/log.jsonl");
  CHECK(train({"--resume", dir / "run", "--quiet"}).exit_code == 0);
  CHECK(read_text(dir / "run/log.jsonl") == before);
  CHECK(train({config, "--resume", dir / "run", "--quiet"}).exit_code == 2);
}
