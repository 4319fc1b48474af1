// train in several processes and on two hosts: what dies ends all, in time and by name; resumed to the bit.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/training/ranks_support.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("killed and resumed: to the bit with the same ranks; with another number it goes on and says so") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 64, 1);
  write_tiles(dir / "val", 3, 64, 2);
  json j = ranks_config(dir, 1);
  j["ranks"]["norm"] = "rank";
  j["stages"][0]["epochs"] = 2;
  j["checkpoint"] = {{"every_steps", 1}, {"every_minutes", 0}};
  const std::string config = write_config(dir, j);
  REQUIRE(train(2, config + " --quiet").exit_code == 0);
  const auto expected = result_of(dir / "run");

  const std::string other = dir / "other";
  // Kills one rank when the run is in its second epoch; mpirun ends the others.
  const ProcessResult killed =
      shell(kMpirun + "2 " PPL_BIN "/train --quiet " + config + " --set run=" + other + " & pid=$!; until ls " + other +
            "/checkpoints 2>/dev/null | grep -q '^000-000001'; do sleep 0.02; done; "
            "kill -KILL $(pgrep -P $pid train | tail -1); SECONDS=0; wait $pid; code=$?; echo $SECONDS; exit $code");
  CAPTURE(killed.err);
  CHECK(killed.exit_code != 0);
  CHECK(std::atoi(killed.out.c_str()) < 30);
  CHECK(killed.err.find("rank ") != std::string::npos);
  CHECK(killed.err.find("on node") != std::string::npos);
  fs::copy(other, dir / "alone", fs::copy_options::recursive);
  const ProcessResult r = train(2, "--quiet --resume " + other);
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
  CHECK(result_of(other) == expected);

  const ProcessResult alone = run_process("train", {"--resume", dir / "alone"});
  CAPTURE(alone.err);
  CHECK(alone.exit_code == 0);
  CHECK(alone.err.find("2 ranks up to here, now 1") != std::string::npos);
  CHECK(log_lines(dir / "alone/log.jsonl").size() == 2);
}

TEST_CASE("a rank that stands still is named with its host, and all end; SIGTERM ends all at once") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 64, 1);
  json j = ranks_config(dir, 1);
  j["stages"][0].erase("validation");
  j["stages"][0]["epochs"] = 1000;
  j["ranks"]["timeout_seconds"] = 3;
  const std::string config = write_config(dir, j);
  const auto disturbed = [&](const std::string& what) {
    return shell(kMpirun + "2 " PPL_BIN "/train --quiet --overwrite " + config + " & pid=$!; until [ -s " +
                 dir / "run/log.jsonl" + " ]; do sleep 0.05; done; ranks=$(pgrep -P $pid train); " + what +
                 "; SECONDS=0; wait $pid; code=$?; echo $SECONDS; for i in $(seq 200); do alive=; "
                 "for r in $ranks; do kill -0 $r 2>/dev/null && alive=alive; done; [ $alive ] || break; sleep 0.1; "
                 "done; echo $alive; exit $code");
  };
  const ProcessResult stopped = disturbed("kill -STOP $(echo $ranks | cut -d' ' -f2)");
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code != 0);
  CHECK(std::atoi(stopped.out.c_str()) < 30);
  CHECK(stopped.err.find("rank 0 on ") != std::string::npos);
  CHECK(stopped.err.find(": rank 1 on ") != std::string::npos);
  CHECK(stopped.err.find("has not been heard of for 3 s") != std::string::npos);
  CHECK(stopped.out.find("alive") == std::string::npos);
  fs::remove(dir / "run/log.jsonl");
  const ProcessResult ended = disturbed("kill -TERM $pid");
  CHECK(ended.exit_code != 0);
  CHECK(std::atoi(ended.out.c_str()) < 10);
  CHECK(ended.out.find("alive") == std::string::npos);
}

TEST_CASE("two hosts: the same bits as on one; a link that is cut ends both") {
  const TemporaryFolder dir;
  const std::string hosts = "OMP_NUM_THREADS=1 " PPL_SCRIPTS "/two_hosts.sh ppltest ";
  if (const ProcessResult r = shell(hosts + "- hostname"); r.exit_code != 0) {
    MESSAGE("skipped: no network namespaces here: ", r.err);
    return;
  }
  write_tiles(dir / "train", 4, 64, 1);
  json j = ranks_config(dir, 1);
  j["stages"][0].erase("validation");
  j["stages"][0]["epochs"] = 1;
  j["threads"] = 1;
  j["ranks"]["timeout_seconds"] = 3;
  const std::string config = write_config(dir, j);
  REQUIRE(train(2, config + " --quiet").exit_code == 0);
  const auto expected = result_of(dir / "run");
  const std::string other = dir / "other";
  const ProcessResult r = shell(hosts + "1gbit " PPL_BIN "/train --quiet " + config + " --set run=" + other);
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
  CHECK(result_of(other) == expected);

  const ProcessResult cut =
      shell(hosts + "- " PPL_BIN "/train --quiet " + config + " --set stages.0.epochs=1000 --set run=" + dir / "cut" +
            " & pid=$!; until [ -s " + dir / "cut/log.jsonl" +
            " ]; do sleep 0.05; done; ip -n ppltest-b link set ppltest-1 down; SECONDS=0; wait $pid; code=$?; "
            "echo $SECONDS; exit $code");
  CAPTURE(cut.err);
  CHECK(cut.exit_code != 0);
  CHECK(std::atoi(cut.out.c_str()) < 30);
  CHECK(cut.err.find("has not been heard of for 3 s") != std::string::npos);
}
