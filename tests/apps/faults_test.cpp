// Every program with one call failing: a write, a rename, an open, a thread, an allocation; and killed before one. It
// ends, with one line; no file is half, none is wrong where it says that all is well; and the same command goes on to
// the same result. PPL_FAULTS=all tries every single call (scripts/soak.sh), else some of each kind.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "apps/common/weights.h"
#include "io/file.h"
#include "io/image/geotiff.h"
#include "models/networks.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, std::string>;

struct Job {
  std::string name, command, again;  // OUT is replaced; again: what goes on where there is something
  int points;                        // of each kind
};

const std::vector<Job> kJobs{
    {"rasterize", "rasterize town/town.osm --images town/train --out OUT --format tif --distance 20 --threads 2",
     "--existing skip", 5},
    {"vectorize", "vectorize buildings town/train OUT/b.geojson OUT/b.csv", "--existing overwrite", 4},
    {"score", "score iou town/train town/train --csv OUT/a.csv --html OUT/a.html", "--existing overwrite", 4},
    {"tiles", "tiles pack town/train OUT/a.tiles", "--existing overwrite", 4},
    {"predict", "predict w.safetensors town/val OUT --tta 1 --threads 2 --format tif", "--existing skip", 1},
};

bool all_points() {
  const char* wanted = std::getenv("PPL_FAULTS");
  return wanted && std::string(wanted) == "all";
}

// Pixels and place: of the words about a coordinate system GDAL leaves some out where memory is short.
std::string said_by_tiff(const std::string& path) {
  try {
    const Image image = read_image(path);
    std::string text = cat(image.height, " x ", image.width, " ");
    text.append(image.bytes.begin(), image.bytes.end());
    if (const auto place = read_georeference(path)) {
      text += place->crs;
      for (const double number : place->transform) text += cat(" ", number);
    }
    return text;
  } catch (const Error& e) {
    return e.what();
  }
}

class Bench {
 public:
  Bench() {
    run("town town --tiles 4 --val 2 --size 64");
    const auto made = make_network("linknet34");
    Random random(1);
    made->initialize(random);
    apps::WeightsInfo info;
    info.network = "linknet34";
    apps::save_weights(dir / "w.safetensors", *made, info);
  }

  ProcessResult run(const std::string& command, const std::string& environment = "") const {
    return run_process("/bin/sh", {"-c", "cd " + dir.path + " && PATH=" PPL_BIN ":$PATH && timeout -s KILL 60 " +
                                             environment + command});
  }
  ProcessResult run_with(const std::string& fault, const std::string& command) const {
    return run(command, "env LD_PRELOAD=" PPL_FAULTS_LIBRARY " PPL_FAULT_COUNT=" + (dir / "count") +
                            " PPL_FAULT_UNDER=" + dir.path + " PPL_FAULT=" + fault + " ");
  }
  long count() const { return std::atol(read_text(dir / "count").c_str()); }

  void clear() const {
    fs::remove_all(dir / "out");
    fs::create_directory(dir / "out");
  }

  // But for what says how long it took.
  Files results() const {
    Files files;
    for (const auto& entry : fs::recursive_directory_iterator(dir / "out")) {
      const std::string name = entry.path().lexically_relative(dir / "out").string();
      if (!entry.is_regular_file() || name.starts_with(".predict") || name.find("manifest.jsonl") == 0) continue;
      files[name] = name.ends_with(".tif") ? said_by_tiff(entry.path().string()) : read_text(entry.path().string());
    }
    return files;
  }

  const TemporaryFolder dir;
};

// From 1 to `calls`, evenly, the first and the last among them.
std::vector<long> points(long calls, int wanted) {
  std::vector<long> all;
  const long count = all_points() ? calls : std::min<long>(calls, wanted);
  for (long i = 0; i < count; ++i) all.push_back(count == 1 ? (calls + 1) / 2 : 1 + i * (calls - 1) / (count - 1));
  return all;
}

bool all_begin_with(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  bool all = !text.empty();
  for (std::string line; std::getline(lines, line);) all &= line.starts_with(start);
  return all;
}

void check_one(const Bench& bench, const Job& job, const std::string& command, const std::string& fault,
               const Files& right) {
  CAPTURE(job.name);
  CAPTURE(fault);
  bench.clear();
  const ProcessResult r = bench.run_with(fault, command + " -q");
  CAPTURE(r.err);
  const bool killed = fault.starts_with("kill:");
  CHECK((killed ? r.exit_code == 128 + SIGKILL : r.exit_code <= 1));  // no other signal, no time limit
  Files left = bench.results();
  if (killed) std::erase_if(left, [](const auto& file) { return file.first.ends_with(".tmp"); });
  if (r.exit_code == 0) CHECK(left == right);
  if (r.exit_code == 1) CHECK(all_begin_with(r.err, job.name + ": "));
  for (const auto& [name, content] : left) {
    CAPTURE(name);
    CHECK((right.contains(name) && right.at(name) == content));
  }
  const ProcessResult again = bench.run(command + " -q " + job.again);
  CAPTURE(again.err);
  CHECK(again.exit_code == 0);
  CHECK(bench.results() == right);
}

}  // namespace

TEST_CASE("one call fails: nothing is half, nothing is wrong, and it goes on") {
  const Bench bench;
  int tried = 0;
  for (const Job& job : kJobs) {
    std::string command = job.command;
    for (size_t at = command.find("OUT"); at != std::string::npos; at = command.find("OUT"))
      command.replace(at, 3, "out");
    bench.clear();
    REQUIRE(bench.run(command + " -q").exit_code == 0);
    const Files right = bench.results();
    REQUIRE_FALSE(right.empty());
    for (const char* kind : {"write", "rename", "open", "thread", "memory", "kill"}) {
      bench.clear();
      REQUIRE(bench.run_with(std::string(kind) + ":0", command + " -q").exit_code == 0);
      for (const long point : points(bench.count(), job.points)) {
        check_one(bench, job, command, std::string(kind) + ":" + std::to_string(point), right);
        ++tried;
      }
    }
  }
  MESSAGE(tried, " faults");
}
