// What a training run leaves to look at: event files, sheets, a profile; and what it does where the disk is full.
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <span>

#include "apps/common/legend.h"
#include "apps/train/record/event_file.h"
#include "io/file.h"
#include "io/image/image.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

ProcessResult train(const std::vector<std::string>& arguments) { return run_process("train", arguments); }
ProcessResult shell(const std::string& command) { return run_process("/bin/bash", {"-c", command}); }

uint32_t unmasked(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8u;
  return rotated >> 17 | rotated << 15;
}

// The payloads of a TFRecord file; both checksums of each must fit.
std::vector<std::string> records_of(const std::string& path) {
  const std::vector<std::byte> file = read_file(path);
  std::vector<std::string> records;
  for (size_t at = 0; at < file.size();) {
    const auto at_checksum = [&](size_t from, size_t size) {
      uint32_t stored = 0;
      REQUIRE(from + size + sizeof stored <= file.size());
      std::memcpy(&stored, file.data() + from + size, sizeof stored);
      CHECK(unmasked(stored) == crc32c(std::span(file).subspan(from, size)));
    };
    uint64_t size = 0;
    at_checksum(at, sizeof size);
    std::memcpy(&size, file.data() + at, sizeof size);
    at += sizeof size + 4;
    at_checksum(at, size);
    records.emplace_back(reinterpret_cast<const char*>(file.data() + at), size);
    at += size + 4;
  }
  return records;
}

// A Python that has the tensorboard package: PPL_PYTHON or python3; empty where it has none.
std::string python_with_tensorboard() {
  const char* set = std::getenv("PPL_PYTHON");
  const std::string python = set ? set : "python3";
  return shell(python + " -c 'import tensorboard' 2>/dev/null").exit_code == 0 ? python : "";
}

json run_config(const TemporaryFolder& dir) {
  write_tiles(dir / "train", 4, 48, 1);
  write_tiles(dir / "val", 3, 40, 2);
  json j = small_config(dir);
  j["network"]["name"] = "linknet34";
  j["stages"][0]["batch"] = 2;
  j["stages"][0]["sheet_every"] = 2;
  j["checkpoint"] = {{"every_steps", 1}, {"every_minutes", 0}};
  return j;
}

}  // namespace

TEST_CASE("CRC-32C: the check value of RFC 3720's polynomial, and 32 zero bytes") {
  const std::string digits = "123456789", zeros(32, '\0');
  CHECK(crc32c(std::as_bytes(std::span(digits))) == 0xe3069283u);
  CHECK(crc32c(std::as_bytes(std::span(zeros))) == 0x8a9136aau);
}

TEST_CASE("events, sheet, trace: whole, also after a kill, and read by TensorBoard") {
  const TemporaryFolder dir;
  const std::string config = write_config(dir, run_config(dir));
  const std::string run = dir / "run", events = run + "/events.out.tfevents.run";
  // Killed in the second epoch, so that events stand behind the checkpoint that it goes on from.
  shell(PPL_BIN "/train --quiet " + config + " & pid=$!; until ls " + run +
        "/checkpoints 2>/dev/null | grep -q '^000-000001-0000001'; do kill -0 $pid 2>/dev/null || exit; sleep 0.01; "
        "done; kill -KILL $pid; wait $pid");
  const ProcessResult r = train({"--resume", run, "--profile"});
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  CHECK(r.err.find("workspace  computed by\n") != std::string::npos);  // a line a convolution
  CHECK(r.err.find(" weights  7x7/2 ") != std::string::npos);

  std::map<std::string, int> count;
  for (const std::string& record : records_of(events))
    for (const char* tag : {"roads/step_loss", "roads/loss", "roads/validation_iou", "roads/sheet", "brain.Event:2"})
      count[tag] += record.find(tag) != std::string::npos;
  CHECK(count["brain.Event:2"] == 1);
  CHECK(count["roads/step_loss"] == 4);
  CHECK(count["roads/loss"] == 2);
  CHECK(count["roads/validation_iou"] == 2);
  CHECK(count["roads/sheet"] == 1);
  const Image sheet = read_image(run + "/roads/sheets/0002.png");
  CHECK(sheet.height == 8 + 20 + 3 * (20 + 40 + 8));  // the legend, then lines and panels
  const auto count_of = [&](const apps::Colour& c) {
    int64_t pixels = 0;
    for (const uint8_t* p = sheet.u8(); p < sheet.u8() + sheet.count(); p += 3)
      pixels += p[0] == c.blue && p[1] == c.green && p[2] == c.red;
    return pixels;
  };
  for (const apps::LegendEntry& e : apps::kLegend) CHECK(count_of(e.colour) >= 14 * 14);

  std::set<std::string> parts, names;
  const json trace = json::parse(read_text(run + "/trace.json"));
  for (const json& e : trace.at("traceEvents")) {
    if (e.at("ph") == "M") {
      names.insert(e.at("args").at("name").get<std::string>());
    } else {
      parts.insert(e.at("name").get<std::string>());
    }
  }
  CHECK(names == std::set<std::string>{"rank 0", "steps"});
  CHECK(parts == std::set<std::string>{"data", "forward", "backward", "reduce", "optimizer"});
  CHECK(r.err.find("peak MiB") != std::string::npos);

  const std::string python = python_with_tensorboard();
  if (python.empty()) {
    MESSAGE("TensorBoard's own reader skipped: no Python with the tensorboard package (set PPL_PYTHON)");
    return;
  }
  write_file(dir / "read.py",
             "import sys\n"
             "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n"
             "e = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0})\n"
             "e.Reload()\n"
             "print(*(f'{s.step}:{s.value:.6g}' for s in e.Scalars('roads/loss')))\n"
             "print(*(s.step for s in e.Scalars('roads/step_loss')))\n"
             "i = e.Images('roads/sheet')[0]\n"
             "print(i.step, i.width, i.height, i.encoded_image_string[:4])\n");
  const ProcessResult read = shell(python + " " + dir / "read.py" + " " + run + " 2>/dev/null");
  CAPTURE(read.out);
  CHECK(read.exit_code == 0);
  const auto lines = log_lines(run + "/log.jsonl");
  char expected[200];
  std::snprintf(expected, sizeof expected, "1:%.6g 2:%.6g\n1 2 3 4\n2 152 152 b'\\x89PNG'\n",
                static_cast<double>(lines[0]["loss"].get<float>()), static_cast<double>(lines[1]["loss"].get<float>()));
  CHECK(read.out == expected);
}

TEST_CASE("a full disk: one clear error, the last checkpoint is whole, the run goes on when there is room") {
  const TemporaryFolder dir;
  const std::string disk = dir / "disk";
  fs::create_directories(disk);
  // A checkpoint of linknet34 takes 260 MB: one has room, the next has not.
  if (shell("mount -t tmpfs -o size=400m tmpfs " + disk + " 2>/dev/null").exit_code != 0) {
    MESSAGE("skipped: a tmpfs cannot be mounted here");
    return;
  }
  struct Unmount {
    std::string path;
    ~Unmount() { shell("umount " + path); }
  } const unmount{disk};
  json j = run_config(dir);
  j["run"] = disk + "/run";
  j["stages"][0]["epochs"] = 1;
  j["stages"][0]["sheet_every"] = 0;
  const ProcessResult full = train({write_config(dir, j), "--quiet"});
  CAPTURE(full.err);
  CHECK(full.exit_code == 1);
  CHECK(std::count(full.err.begin(), full.err.end(), '\n') == 1);
  CHECK(full.err.find("No space left") != std::string::npos);
  CHECK(full.err.find("000-000000-0000002.safetensors") != std::string::npos);
  REQUIRE(shell("mount -o remount,size=2g " + disk).exit_code == 0);
  const ProcessResult resumed = train({"--resume", disk + "/run"});
  CAPTURE(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(resumed.err.find("goes on at stage roads, epoch 1, step 2") != std::string::npos);
  j["run"] = dir / "undisturbed";
  REQUIRE(train({write_config(dir, j), "--quiet"}).exit_code == 0);
  const uint64_t limit = uint64_t{1} << 30;
  CHECK(read_text(disk + "/run/roads/last.safetensors", limit) ==
        read_text(dir / "undisturbed/roads/last.safetensors", limit));
}
