// predict as a process: images of a folder that go in windows, as scenes do.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "io/vectorize/raster.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

namespace {

using Arguments = std::vector<std::string>;

const Arguments kWindows{"--window", "160", "--overlap", "32", "--probabilities", "f32"};

Arguments with(Arguments first, const Arguments& second, const Arguments& third = {}) {
  first.insert(first.end(), second.begin(), second.end());
  first.insert(first.end(), third.begin(), third.end());
  return first;
}

std::vector<float> probabilities(const std::string& path) { return read_probabilities(path).values; }

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// The folder's result beside the scene's, to the bit.
void check_as_scene(const TemporaryFolder& dir, const Arguments& more) {
  fs::remove_all(dir / "out");
  const Arguments in_folder{dir / "in", dir / "out", "--format", "tif", "--windows-above", "200"};
  const ProcessResult folder = predict(with(in_folder, kWindows, more));
  INFO(folder.err);
  REQUIRE(folder.exit_code == 0);
  fs::remove(dir / "scene.tif");
  fs::remove(dir / "scene_prob.tif");
  REQUIRE(predict(with({dir / "in/large.tif", dir / "scene.tif", "--keep-white"}, kWindows, more)).exit_code == 0);
  CHECK(same_bits(probabilities(dir / "out/large_prob.tif"), probabilities(dir / "scene_prob.tif")));
  CHECK(read_image(dir / "out/large_mask.tif").bytes == read_image(dir / "scene.tif").bytes);
}

}  // namespace

TEST_CASE("a large image of a folder is predicted as a scene of it is, the others whole") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  write_scene(dir / "in/large.tif", made_image(300, 420, 2));
  write_scene(dir / "in/small.tif", made_image(190, 200, 3));  // larger than a window
  check_as_scene(dir, {});
  check_as_scene(dir, {"--batch", "2"});
  const std::vector<float> small = probabilities(dir / "out/small_prob.tif");
  const Arguments whole{dir / "in", dir / "whole", "--format", "tif", "--probabilities", "f32"};
  REQUIRE(predict(whole).exit_code == 0);
  CHECK(same_bits(small, probabilities(dir / "whole/small_prob.tif")));
  CHECK_FALSE(same_bits(probabilities(dir / "out/large_prob.tif"), probabilities(dir / "whole/large_prob.tif")));
}

TEST_CASE("windows of a large image without data are as a scene's") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  Image image = made_image(300, 420, 5);
  for (int64_t y = 0; y < 300; ++y) std::fill_n(image.u8() + (y * 420 + 190) * 3, 230 * 3, uint8_t{0});
  write_scene(dir / "in/large.tif", image, 0.0);
  check_as_scene(dir, {});
}

TEST_CASE("what goes in windows is said once, with the options that decide it; a job has them") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  for (const char* name : {"in/a.png", "in/b.png"}) write_png(dir / name, made_image(150, 130, 7));
  const Arguments arguments{weights(), dir / "in", dir / "out", "--tta",     "1",  "--threads",
                            "1",       "--window", "96",        "--overlap", "32", "--windows-above"};
  const ProcessResult r = run_process("predict", with(arguments, {"128"}));
  CHECK(r.exit_code == 0);
  const size_t at = r.err.find("a.png: 130 x 150 pixels; images of more than 128 x 128 go in windows of 96");
  CHECK(at != std::string::npos);
  CHECK(r.err.find("go in windows", at + 80) == std::string::npos);
  const ProcessResult other = run_process("predict", with(arguments, {"512", "--existing", "skip"}));
  CHECK(other.exit_code == 1);
  CHECK(other.err.find("windows above") != std::string::npos);
  CHECK(predict({dir / "in", dir / "x", "--window", "100"}).exit_code == 1);
  CHECK(predict({dir / "in", dir / "x", "--window", "96", "--overlap", "64"}).exit_code == 1);
  CHECK(predict({dir / "in/a.png", dir / "x.tif", "--windows-above", "128"}).exit_code == 2);
}

// The address space is what AddressSanitizer takes itself.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("under any limit of memory predict ends well or with one clear error, and never by a signal") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 1, 128);
  int done = 0, lacking = 0;
  for (int megabytes = 440; megabytes <= 1400; megabytes += megabytes < 640 ? 20 : 380) {
    const std::string command = cat("ulimit -v ", megabytes * 1024, "; exec ", PPL_BIN, "/predict ", weights(), " ",
                                    dir / "in", " ", dir / "out", " --tta 1 --threads 1 --quiet --existing overwrite");
    const ProcessResult r = run_process("/bin/sh", {"-c", command});
    INFO(megabytes << " MB: " << r.err);
    CHECK(r.exit_code <= 1);
    if (r.exit_code == 0) ++done;
    if (r.err.find("out of memory") != std::string::npos && r.err.find("--windows-above") != std::string::npos)
      ++lacking;
  }
  MESSAGE(done << " times done, " << lacking << " times said to lack memory");
  CHECK(done > 0);
  CHECK(lacking > 0);
}
#endif
