// train in several processes under mpirun: the same as one process, every tile once; what is wrong is said once.
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "apps/train/validate.h"
#include "io/tiles/packed.h"
#include "io/weights/safetensors.h"
#include "models/networks.h"
#include "tests/support/io_support.h"
#include "tests/support/training/ranks_support.h"

using namespace ppl;
using test::count;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// || a - b || / || b || over all parameters of two weights files.
double difference(const std::string& a, const std::string& b) {
  const NamedArrays x = read_safetensors(a), y = read_safetensors(b);
  double off = 0, norm = 0;
  for (const auto& [name, array] : y.arrays) {
    if (name.find("running") != std::string::npos) continue;
    const auto u = x.at(name).as_f32(), v = array.as_f32();
    for (size_t i = 0; i < v.size(); ++i) off += std::pow(double{u[i]} - v[i], 2), norm += std::pow(double{v[i]}, 2);
  }
  return std::sqrt(off / norm);
}

// A rank whose partners' values are known from earlier, or zero.
class Rehearsed : public Communication {
 public:
  Rehearsed(int rank, int ranks) : rank_(rank), ranks_(ranks), said(static_cast<size_t>(ranks)) {}
  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }
  int local_rank() const override { return rank_; }
  void all_gather(std::span<const double> mine, std::span<double> all) override {
    said[static_cast<size_t>(rank_)].assign(mine.begin(), mine.end());
    std::fill(all.begin(), all.end(), 0);
    for (size_t r = 0; r < said.size(); ++r)
      std::copy(said[r].begin(), said[r].end(), all.begin() + static_cast<int64_t>(r * mine.size()));
  }
  void broadcast(std::span<float>) override {}
  void begin_all_reduce(Device, float*, int64_t, Wire) override {}
  void wait() override {}
  double take_busy_seconds() override { return 0; }
  int64_t begin_barrier() override { return 0; }
  bool barrier_passed(int64_t) override { return true; }
  [[noreturn]] void abort(int exit_code) override { std::exit(exit_code); }

 private:
  int rank_, ranks_;

 public:
  std::vector<std::vector<double>> said;  // by each rank
};

}  // namespace

TEST_CASE("validation shared out over ranks gives the figures of one, to the bit") {
  const TemporaryFolder dir;
  write_tiles(dir / "val", 5, 40, 2);
  const std::shared_ptr<const TileSource> tiles = open_tiles(dir / "val", {});
  auto network = make_network("linknet34");
  Random random(1);
  network->initialize(random);
  const auto run = [&](Communication& c) { return apps::validate(*network, tiles, DType::f32, 1, 0.5, c, [] {}); };
  const auto alone = one_process();
  const apps::Validation expected = run(*alone);
  CHECK(expected.pixels.true_positive + expected.pixels.false_negative > 0);
  for (const int ranks : {2, 3, 7}) {
    std::vector<std::vector<double>> said(static_cast<size_t>(ranks));
    for (int r = 0; r < ranks; ++r) {
      Rehearsed rank(r, ranks);
      run(rank);
      said[static_cast<size_t>(r)] = rank.said[static_cast<size_t>(r)];
    }
    Rehearsed last(ranks - 1, ranks);
    last.said = said;
    const apps::Validation v = run(last);
    CHECK(v.mean_iou == expected.mean_iou);
    CHECK(v.pixels.iou() == expected.pixels.iou());
    CHECK(v.pixels.f1() == expected.pixels.f1());
  }
}

TEST_CASE("k ranks x batch b train as one rank x batch kb does, a last batch that is not full included") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 9, 144, 1);  // 4 + 4 + 1: one tile for two or four ranks at the end of an epoch
  write_tiles(dir / "val", 3, 64, 2);
  json j = ranks_config(dir, 4);
  j["stages"][0]["epochs"] = 4;  // 12 steps
  // Small steps on maps of some size, and not Adam, which makes steps of full size out of gradients that are rounding
  // noise: else what the ranks' order of sums changes grows from step to step, as a change of one ulp would.
  j["stages"][0]["crop"] = 128;
  j["stages"][0]["optimizer"] = {{"name", "sgd"}};
  j["stages"][0]["learning_rate"] = 1e-4;
  j["network"]["start"] = "published";  // far from right, so that these steps go some way
  const std::string config = write_config(dir, j);
  REQUIRE(run_process("train", {config, "--quiet"}).exit_code == 0);
  const std::string reference = dir / "run/roads/last.safetensors";
  REQUIRE(run_process("train", {config, "--quiet", "--set", "stages.0.epochs=0", "--set", "run=" + dir / "start"})
              .exit_code == 0);
  const double moved = difference(reference, dir / "start/roads/best.safetensors");
  CHECK(moved > 1e-5);
  const std::vector<json> expected = log_lines(dir / "run/log.jsonl");
  const std::pair<int, const char*> cases[] = {{2, "2"}, {4, "1"}};
  for (const auto& [ranks, batch] : cases) {
    CAPTURE(ranks);
    const std::string run = dir / ("run" + std::to_string(ranks));
    const ProcessResult r =
        train(ranks, config + " --quiet --profile --set run=" + run + " --set stages.0.batch=" + std::string(batch));
    CAPTURE(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(r.err.empty());
    const double off = difference(run + "/roads/last.safetensors", reference);
    MESSAGE(ranks, " ranks: parameters differ by ", off, ", the way gone is ", moved);
    CHECK(off <= 1e-5);
    CHECK(off <= 0.03 * moved);
    std::set<int> in_trace, sums;
    const json trace = json::parse(read_text(run + "/trace.json"));
    for (const json& e : trace["traceEvents"])
      (e["name"] == "sums on the way" ? sums : in_trace).insert(e["pid"].get<int>());
    CHECK(in_trace.size() == static_cast<size_t>(ranks));
    CHECK(sums == in_trace);
    const std::vector<json> lines = log_lines(run + "/log.jsonl");
    REQUIRE(lines.size() == expected.size());
    for (size_t i = 0; i < lines.size(); ++i)
      CHECK(lines[i]["loss"].get<double>() == doctest::Approx(expected[i]["loss"].get<double>()).epsilon(1e-4));
  }
}

TEST_CASE("bf16 on the wire: near the f32 result") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 64, 1);  // one step
  json j = ranks_config(dir, 2);
  j["stages"][0].erase("validation");
  j["stages"][0]["optimizer"] = {{"name", "sgd"}};
  j["stages"][0]["learning_rate"] = 0.1;
  j["stages"][0]["epochs"] = 1;
  const std::string config = write_config(dir, j);
  REQUIRE(train(2, config + " --quiet").exit_code == 0);
  REQUIRE(train(2, config + " --quiet --set ranks.wire=bf16 --set run=" + dir / "narrow").exit_code == 0);
  REQUIRE(train(2, config + " --quiet --set stages.0.epochs=0 --set run=" + dir / "start").exit_code == 0);
  const std::string wide = dir / "run/roads/last.safetensors", narrow = dir / "narrow/roads/last.safetensors";
  const double moved = difference(wide, dir / "start/roads/best.safetensors"), off = difference(narrow, wide);
  MESSAGE("of the way gone, bf16 is off by ", off / moved);
  CHECK(off > 0);
  CHECK(off < std::ldexp(1, -8) * moved);  // two roundings to 8 bits, of the parts and of their sum
}

TEST_CASE("srun without a known MPI type: refused, as each process would think itself alone") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 64, 1);
  json j = ranks_config(dir, 1);
  j["stages"][0].erase("validation");
  const std::string config = write_config(dir, j);
  const ProcessResult r = shell("SLURM_STEP_NUM_TASKS=2 " PPL_BIN "/train --quiet " + config);
  CHECK(r.exit_code == 1);
  CHECK(r.err.find("srun --mpi=pmix") != std::string::npos);
  CHECK(!fs::exists(dir / "run"));
}

TEST_CASE("what is wrong is said by one rank, in one line") {
  const TemporaryFolder dir;
  write_tiles(dir / "train", 4, 64, 1);
  const std::string config = write_config(dir, ranks_config(dir, 1));  // the validation tiles are missing
  const ProcessResult absent = train(3, config + " --quiet");
  CAPTURE(absent.err);
  CHECK(absent.exit_code == 1);
  CHECK(count(absent.err, "train: ") == 1);
  CHECK(absent.err.find(dir / "val") != std::string::npos);
  CHECK(!fs::exists(dir / "run"));
  const ProcessResult unknown = train(3, config + " --quiet --set sed=1");
  CHECK(unknown.exit_code == 1);
  CHECK(count(unknown.err, "the nearest is 'seed'") == 1);
}
