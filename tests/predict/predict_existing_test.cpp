// predict as a process: nothing that is not its own is written over, and a result is that of the job that claims it.
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "io/file.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

namespace {

bool says(const ProcessResult& r, const std::string& text) { return r.err.find(text) != std::string::npos; }

// All files below a folder with their content, but predict's own.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& e : fs::recursive_directory_iterator(folder)) {
    const std::string path = e.path().string();
    if (e.is_regular_file() && path.find("/.predict") == std::string::npos) files[path] = read_text(path);
  }
  return files;
}

}  // namespace

TEST_CASE("masks made by hand, and images, are not written over") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 3, 32);
  write_mask_png(dir / "in/t101_mask.png", std::vector<uint8_t>(32 * 32, 1).data(), 32, 32);
  const auto before = contents(dir / "in");
  for (const char* existing : {"fail", "skip", "overwrite"}) {
    const ProcessResult r = predict({dir / "in", dir / "in", "--existing", existing});
    CHECK(r.exit_code == 1);
    CHECK(says(r, "in/t101_mask.png: is there already"));
    CHECK(contents(dir / "in") == before);
  }
  CHECK_FALSE(fs::exists(dir / "in/.predict"));
  // The image itself: under its own name, and by another spelling of it.
  fs::rename(dir / "in/t100_sat.png", dir / "in/t100.png");
  fs::create_directory_symlink(dir / "in", dir / "link");
  for (const std::string& out : {dir / "in", dir / "link", dir / "in/../in"}) {
    const ProcessResult r = predict({dir / "in", out, "--suffix", "", "--existing", "overwrite"});
    CHECK(r.exit_code == 1);
    CHECK(says(r, "would be written over the input"));
  }
  // Where all is free, masks beside their images are fine.
  fs::remove(dir / "in/t101_mask.png");
  CHECK(predict({dir / "in", dir / "in"}).exit_code == 0);
}

TEST_CASE("a scene is not written over, nor what predict did not make; its own result by its own job or when asked") {
  const TemporaryFolder dir;
  write_scene(dir / "s.tif", made_image(64, 64, 1));
  const std::string scene = read_text(dir / "s.tif");
  for (const char* existing : {"fail", "skip", "overwrite"}) {
    CHECK(says(predict({dir / "s.tif", dir / "./s.tif", "--existing", existing}), "would be written over the input"));
    CHECK(read_text(dir / "s.tif") == scene);
  }
  write_scene(dir / "other.tif", made_image(64, 64, 2));
  const ProcessResult foreign = predict({dir / "s.tif", dir / "other.tif", "--existing", "overwrite"});
  CHECK(foreign.exit_code == 1);
  CHECK(says(foreign, "was not written by predict"));

  REQUIRE(predict({dir / "s.tif", dir / "m.tif"}).exit_code == 0);
  const auto first = fs::last_write_time(dir / "m.tif");
  const ProcessResult again = predict({dir / "s.tif", dir / "m.tif"});
  CHECK(again.exit_code == 1);
  CHECK(says(again, "--existing overwrite"));
  fs::current_path(dir.path);
  CHECK(predict({"s.tif", "m.tif", "--existing", "skip"}).exit_code == 0);
  CHECK(fs::last_write_time(dir / "m.tif") == first);
  const ProcessResult other = predict({dir / "s.tif", dir / "m.tif", "--threshold", "0.9", "--existing", "skip"});
  CHECK(other.exit_code == 1);
  CHECK(says(other, "of another job"));
  write_scene(dir / "s.tif", made_image(64, 64, 3));  // another scene under the same name
  CHECK(predict({dir / "s.tif", dir / "m.tif", "--existing", "skip"}).exit_code == 1);
  CHECK(predict({dir / "s.tif", dir / "m.tif", "--existing", "overwrite"}).exit_code == 0);
  CHECK(fs::last_write_time(dir / "m.tif") != first);
}

TEST_CASE("a folder holds the results of one job: of its threshold, its weights, its images") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 10, 32);
  const auto run = [&](const std::string& threshold, std::vector<std::string> more) {
    std::vector<std::string> arguments{dir / "in", dir / "out", "--threshold", threshold};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return predict(arguments);
  };
  REQUIRE(run("0.4", {"--share"}).exit_code == 0);
  const auto first = contents(dir / "out");
  CHECK(says(run("0.4", {}), "--existing skip"));
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--share"}, {"--existing", "skip"}, {}}) {
    const ProcessResult r = run("0.6", more);
    CHECK(r.exit_code == 1);
    CHECK(says(r, "threshold is 0.4 there and 0.6 here"));
  }
  CHECK(contents(dir / "out") == first);
  REQUIRE(run("0.6", {"--existing", "overwrite"}).exit_code == 0);
  CHECK(contents(dir / "out") != first);
  REQUIRE(run("0.4", {"--share", "--existing", "overwrite"}).exit_code == 0);
  auto back = contents(dir / "out");
  for (const auto& [path, text] : first)
    if (path.ends_with(".png")) CHECK(back.at(path) == text);

  // Nothing stale stays: masks of other names go with their job.
  REQUIRE(run("0.4", {"--format", "tif", "--existing", "overwrite"}).exit_code == 0);
  CHECK(count_files(dir / "out", ".png") == 0);
  CHECK(count_files(dir / "out", "_mask.tif") == 10);
}

TEST_CASE("what an earlier run left is kept where it still stands, and made again where it does not") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 20, 32);
  REQUIRE(predict({dir / "in", dir / "alone"}).exit_code == 0);
  fs::current_path(dir.path);
  REQUIRE(predict({dir / "in", dir / "out", "--share"}).exit_code == 0);
  const std::vector<uint8_t> second = read_image(dir / "alone/t102_mask.png").bytes;
  const auto time_of = [&](const std::string& name) { return fs::last_write_time(dir / ("out/" + name)); };
  const auto kept = time_of("t119_mask.png");
  const auto right = [&] {
    for (const auto& e : fs::directory_iterator(dir / "alone"))
      if (e.path().extension() == ".png" && e.path().filename() != "t103_mask.png")
        CHECK(read_text(e.path().string()) == read_text(dir / ("out/" + e.path().filename().string())));
  };
  for (const char* how : {"--share", "--existing=skip"}) {
    fs::resize_file(dir / "out/t102_mask.png", 0);
    CHECK(predict({"in/", "./out", how}).exit_code == 0);  // the same job, typed otherwise
    right();
    fs::resize_file(dir / "out/t102_mask.png", 50);
    CHECK(predict({"in", "out/", how}).exit_code == 0);
    right();
    for (const auto& e : fs::directory_iterator(dir / "out/.predict"))
      if (e.path().filename() == "block000000.jsonl") fs::resize_file(e.path(), e.file_size() / 2);
    CHECK(predict({dir / "in", "out", how}).exit_code == 0);
    right();
    CHECK(manifest(dir / "out").size() == 20);
  }
  CHECK(time_of("t119_mask.png") == kept);
  // An image that was replaced.
  write_png(dir / "in/t103_sat.png", made_image(32, 32, 99));
  const std::string before = read_text(dir / "out/t103_mask.png");
  CHECK(predict({dir / "in", dir / "out", "--share"}).exit_code == 0);
  CHECK(read_text(dir / "out/t103_mask.png") != before);
  right();
  // An image that came in front: all blocks shift, and only its own is computed.
  write_png(dir / "in/s_sat.png", made_image(32, 32, 98));
  CHECK(predict({dir / "in", dir / "out", "--existing", "skip"}).exit_code == 0);
  CHECK(manifest(dir / "out").size() == 21);
  CHECK(time_of("t119_mask.png") == kept);
  // A mask that somebody corrected by hand.
  write_mask_png(dir / "out/t102_mask.png", std::vector<uint8_t>(32 * 32, 1).data(), 32, 32);
  const ProcessResult corrected = predict({dir / "in", dir / "out", "--share"});
  CHECK(corrected.exit_code == 1);
  CHECK(says(corrected, "t102_mask.png: was changed since"));
}

TEST_CASE("Ctrl-C: what is in work is finished, and the same command goes on") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 60, 64);
  std::vector<std::string> command{weights(), dir / "in", dir / "out", "--views", "1", "--threads", "1", "--quiet"};
  const pid_t stopped = start_predict(command);
  const auto masks = [&] { return fs::exists(dir / "out") ? count_files(dir / "out", "_mask.png") : 0; };
  for (int i = 0; i < 3000 && masks() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(stopped, SIGINT);
  CHECK(end_of(stopped) == 75);
  const size_t first = masks();
  CHECK(first > 0);
  CHECK(first < 60);
  CHECK_FALSE(fs::exists(dir / "out/manifest.jsonl"));
  const auto before = fs::last_write_time(dir / "out/t100_mask.png");
  command.insert(command.end(), {"--existing", "skip"});
  CHECK(end_of(start_predict(command)) == 0);
  CHECK(masks() == 60);
  CHECK(manifest(dir / "out").size() == 60);
  CHECK(fs::last_write_time(dir / "out/t100_mask.png") == before);
}

TEST_CASE("nothing is written through a linked folder") {
  const TemporaryFolder dir;
  write_tiles(dir / "in/9", 1, 32);
  fs::create_directories(dir / "elsewhere");
  fs::create_directories(dir / "out");
  fs::create_directory_symlink(dir / "elsewhere", dir / "out/9");
  const ProcessResult r = predict({dir / "in", dir / "out", "--recursive"});
  CHECK(r.exit_code == 1);
  CHECK(says(r, "out/9: is a link"));
  CHECK(fs::is_empty(dir / "elsewhere"));
}
