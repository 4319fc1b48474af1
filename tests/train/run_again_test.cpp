// A run that is taken up again: finished ones, with more epochs, without checkpoints, twice at once; and Ctrl-C.
#include <doctest/doctest.h>

#include <algorithm>

#include "io/file.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

ProcessResult train(const std::vector<std::string>& arguments) { return run_process("train", arguments); }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string small_run(const TemporaryFolder& dir, int epochs) {
  write_tiles(dir / "train", 4, 48, 1);
  write_tiles(dir / "val", 2, 40, 2);
  json j = small_config(dir);
  j["network"]["name"] = "linknet34";
  j["stages"][0]["epochs"] = epochs;
  j["stages"][0]["schedule"] = {{"name", "constant"}};
  return write_config(dir, j);
}

}  // namespace

TEST_CASE("a finished run: what would change nothing is refused, with more epochs it goes on as one run would have") {
  const TemporaryFolder dir;
  const std::string config = small_run(dir, 1), run = dir / "run";
  REQUIRE(train({config, "--quiet"}).exit_code == 0);
  const std::string log = read_text(run + "/log.jsonl");

  const ProcessResult nothing = train({"--resume", run});
  CHECK(nothing.exit_code == 0);
  CHECK(has(nothing.err, "is finished"));
  const ProcessResult refused = train({"--resume", run, "--set", "stages.0.threshold=0.5"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "stages.0.threshold changes nothing any more"));
  CHECK(has(refused.err, "--set stages.0.epochs=N"));
  CHECK(read_text(run + "/log.jsonl") == log);

  const ProcessResult more = train({"--resume", run, "--set", "stages.0.epochs=2", "--quiet"});
  CAPTURE(more.err);
  CHECK(more.exit_code == 0);
  CHECK(log_lines(run + "/log.jsonl").size() == 2);
  REQUIRE(train({config, "--quiet", "--set", "stages.0.epochs=2", "--set", "run=" + (dir / "whole")}).exit_code == 0);
  const uint64_t limit = uint64_t{1} << 30;
  CHECK(read_text(run + "/roads/last.safetensors", limit) == read_text(dir / "whole/roads/last.safetensors", limit));
}

TEST_CASE("a run whose checkpoints were deleted keeps its weights and log") {
  const TemporaryFolder dir;
  const std::string config = small_run(dir, 1), run = dir / "run";
  REQUIRE(train({config, "--quiet"}).exit_code == 0);
  const std::string log = read_text(run + "/log.jsonl");
  fs::remove_all(run + "/checkpoints");
  const ProcessResult r = train({"--resume", run, "--quiet"});
  CHECK(r.exit_code == 1);
  CHECK(has(r.err, "holds no checkpoint"));
  CHECK(has(r.err, "--overwrite"));
  CHECK(read_text(run + "/log.jsonl") == log);
  CHECK(fs::exists(run + "/roads/best.safetensors"));
}

TEST_CASE("a second train on one run is refused, Ctrl-C saves, and the run goes on") {
  const TemporaryFolder dir;
  const std::string config = small_run(dir, 500), run = dir / "run";
  // bash makes background processes ignore SIGINT; setsid with a trap of its own would too, so Python starts it.
  write_file(
      dir / "start.py",
      "import signal, subprocess, sys, time, os\n"
      "run, train = sys.argv[1], sys.argv[2]\n"
      "p = subprocess.Popen([train, sys.argv[3]], stderr=open(run + '.err', 'w'))\n"
      "while not (os.path.exists(run + '/log.jsonl') and os.path.getsize(run + '/log.jsonl')): time.sleep(0.05)\n"
      "for more in (['--resume', run], [sys.argv[3], '--overwrite']):\n"
      "    second = subprocess.run([train, '--quiet'] + more, capture_output=True, text=True)\n"
      "    print(second.returncode, second.stderr)\n"
      "p.send_signal(signal.SIGINT)\n"
      "print('first', p.wait(60))\n");
  const ProcessResult r = run_process("/usr/bin/env", {"python3", dir / "start.py", run, PPL_BIN "/train", config});
  CAPTURE(r.out);
  CAPTURE(r.err);
  CHECK(has(r.out, "1 train: " + run + ": another train is at work on this run"));
  CHECK(r.out.find("another train", r.out.find("another train") + 1) != std::string::npos);
  CHECK(has(r.out, "first 75"));
  const std::string err = read_text(run + ".err");
  CHECK(has(err, "Ctrl-C again ends at once"));
  CHECK(has(err, "go on with: train --resume " + run));
  CHECK(train({"--resume", run, "--set", "stages.0.epochs=2", "--quiet"}).exit_code == 0);
}
