// predict as a process: folders, lists, shared work, and what goes wrong.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include "io/file.h"
#include "io/image/palette_png.h"
#include "io/vectorize/raster.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("folders below, patterns and lists; ids are paths") {
  const TemporaryFolder dir;
  write_tiles(dir / "in/9/1", 2, 32);
  write_tiles(dir / "in/9/2", 1, 32);
  REQUIRE(predict({dir / "in", dir / "all", "--recursive"}).exit_code == 0);
  CHECK(fs::exists(dir / "all/9/2/t100_mask.png"));
  CHECK(manifest(dir / "all").size() == 3);
  const json line = manifest(dir / "all").at("9/1/t101");
  CHECK(line["foreground"].get<double>() >= 0);
  CHECK(line["confidence"].get<double>() >= 0.5);
  REQUIRE(predict({dir / "in", dir / "some", "--recursive", "--pattern", "9/1/*", "--suffix", ""}).exit_code == 0);
  CHECK(fs::exists(dir / "some/9/1/t100.png"));
  CHECK(manifest(dir / "some").size() == 2);
  std::ofstream(dir / "list.txt") << "in/9/2/t100_sat.png\nin/9/1/t101_sat.png\n";
  REQUIRE(predict({dir / "list.txt", dir / "listed"}).exit_code == 0);
  CHECK(read_image(dir / "listed/t101_mask.png").bytes == read_image(dir / "all/9/1/t101_mask.png").bytes);
}

TEST_CASE("tiles that see enough of their neighbours are predicted as the image that they make together") {
  const TemporaryFolder dir;
  const Image whole = made_image(128, 192, 7);
  fs::create_directories(dir / "in");
  write_scene(dir / "whole.tif", whole);
  for (int i = 0; i < 6; ++i) {
    const int64_t row = i / 3 * 64, column = i % 3 * 64;
    Image part = Image::make(64, 64, 3);
    for (int64_t y = 0; y < 64; ++y)
      std::copy_n(whole.u8() + ((row + y) * 192 + column) * 3, 64 * 3, part.u8() + y * 64 * 3);
    GeoReference place = kPlace;
    place.transform[0] += 0.5 * static_cast<double>(column);
    place.transform[3] -= 0.5 * static_cast<double>(row);
    write_scene(dir / "in/p" + std::to_string(i) + ".tif", part, {}, place);
  }
  REQUIRE(predict({dir / "whole.tif", dir / "whole_out.tif", "--probabilities", "f32"}).exit_code == 0);
  REQUIRE(
      predict({dir / "in", dir / "out", "--context", "192", "--format", "tif", "--probabilities", "f32"}).exit_code ==
      0);
  REQUIRE(predict({dir / "in", dir / "bare", "--format", "tif", "--probabilities", "f32"}).exit_code == 0);
  const ProbabilityRaster expected = read_probabilities(dir / "whole_out_prob.tif");
  const auto error = [&](const std::string& folder) {
    float largest = 0;
    for (int i = 0; i < 6; ++i) {
      const ProbabilityRaster p = read_probabilities(dir / folder + "/p" + std::to_string(i) + "_prob.tif");
      REQUIRE(p.values.size() == 64 * 64);
      for (int64_t k = 0; k < 64 * 64; ++k) {
        const int64_t at = (i / 3 * 64 + k / 64) * 192 + i % 3 * 64 + k % 64;
        largest =
            std::max(largest, std::abs(p.values[static_cast<size_t>(k)] - expected.values[static_cast<size_t>(at)]));
      }
    }
    return largest;
  };
  CHECK(error("out") < 1e-6f);
  CHECK(error("bare") > 1e-3f);
}

TEST_CASE("bad tiles are named in the manifest, the rest is done, and the exit code is 1") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 3, 32);
  std::ofstream(dir / "in/empty_sat.jpg");
  std::ofstream(dir / "in/text_sat.png") << "no image";
  std::string huge = read_text(dir / "in/t100_sat.png");
  huge.replace(16, 8, std::string("\x00\x0f\x42\x40\x00\x0f\x42\x40", 8));  // a million a side
  std::ofstream(dir / "in/huge_sat.png", std::ios::binary) << huge;
  const ProcessResult r = predict({dir / "in", dir / "out"});
  CHECK(r.exit_code == 1);
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 4);
  const auto lines = manifest(dir / "out");
  REQUIRE(lines.size() == 6);
  for (const char* id : {"empty", "text", "huge"}) {
    CHECK(lines.at(id)["error"].get<std::string>().find(id) != std::string::npos);
    CHECK_FALSE(fs::exists(dir / "out" + std::string("/") + id + "_mask.png"));
  }
  CHECK(count_files(dir / "out", "_mask.png") == 3);
}

TEST_CASE("processes share the work; a killed one's blocks are taken over, and the masks are those of one alone") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 40, 64);
  REQUIRE(predict({dir / "in", dir / "alone"}).exit_code == 0);
  const std::vector<std::string> shared{weights(), dir / "in", dir / "out", "--views", "1",      "--threads",
                                        "1",       "--share",  "--lease",   "1",       "--quiet"};
  const pid_t killed = start_predict(shared);
  // As soon as it holds a block.
  const auto has_lease = [&] {
    std::error_code none;
    for (const auto& e : fs::recursive_directory_iterator(dir / "out", none))
      if (e.path().extension() == ".lease") return true;
    return false;
  };
  for (int i = 0; i < 3000 && !has_lease(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(has_lease());
  kill(killed, SIGKILL);
  CHECK(end_of(killed) == 128 + SIGKILL);
  const pid_t one = start_predict(shared), two = start_predict(shared);
  CHECK(end_of(one) == 0);
  CHECK(end_of(two) == 0);
  CHECK(manifest(dir / "out").size() == 40);
  for (const auto& e : fs::directory_iterator(dir / "alone")) {
    if (e.path().extension() == ".png")
      CHECK(read_file(e.path().string()) == read_file(dir / "out" + std::string("/") + e.path().filename().string()));
  }
  CHECK_FALSE(has_lease());

  // Finished blocks stay; a mask that is gone is made again.
  const auto before = fs::last_write_time(dir / "out/t139_mask.png");
  fs::remove(dir / "out/t100_mask.png");
  CHECK(run_process("predict", shared).exit_code == 0);
  CHECK(fs::exists(dir / "out/t100_mask.png"));
  CHECK(fs::last_write_time(dir / "out/t139_mask.png") == before);
}

TEST_CASE("several weights files are averaged by their shares; what does not fit is refused") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 1, 64);
  const auto probability = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{dir / "in", dir / "out", "--probabilities", "f32", "--existing", "overwrite"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    REQUIRE(predict(arguments).exit_code == 0);
    return read_probabilities(dir / "out/t100_prob.tif").values;
  };
  const std::vector<float> single = probability({});
  const std::vector<float> twice = probability({"--also", weights(), "--shares", "3", "1"});
  float largest = 0;
  for (size_t i = 0; i < single.size(); ++i) largest = std::max(largest, std::abs(single[i] - twice[i]));
  CHECK(largest < 1e-6f);
  CHECK(predict({dir / "in", dir / "x", "--also", weights(), "--shares", "1"}).exit_code == 1);
  CHECK(predict({dir / "in", dir / "x", "--stretch", "scene"}).exit_code == 2);
  CHECK(predict({dir / "in/t100_sat.png", dir / "x.tif", "--window", "100"}).exit_code == 1);
  const ProcessResult cog = predict({dir / "in", dir / "x", "--cog"});
  CHECK(cog.exit_code == 2);
  CHECK(cog.err.find("--cog: is for scenes and mosaics") != std::string::npos);
  CHECK(predict({dir / "in/t100_sat.png", dir / "x.tif", "--context", "16"}).exit_code == 2);
  CHECK_FALSE(fs::exists(dir / "x.tif"));
}

TEST_CASE("masks to train on: 255 between what is surely background and surely foreground, in PNG and TIFF") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 2, 64);
  const std::string folder = dir / "in";
  const std::vector<std::string> limits{"--uncertain", "0.35", "0.6", "--probabilities", "f32"};
  for (const std::string format : {"png", "tif"}) {
    CAPTURE(format);
    const std::string out = dir / format;
    std::vector<std::string> words{folder, out, "--format", format};
    words.insert(words.end(), limits.begin(), limits.end());
    const ProcessResult r = predict(words);
    REQUIRE_MESSAGE(r.exit_code == 0, r.err);
    int64_t counts[3] = {};
    for (const std::string id : {"t100", "t101"}) {
      const Image mask = read_mask(out + "/" + id + "_mask." + format);
      const ProbabilityRaster p = read_probabilities(out + "/" + id + "_prob.tif");
      for (size_t i = 0; i < mask.bytes.size(); ++i) {
        const uint8_t expected = p.values[i] > 0.6f ? 1 : p.values[i] > 0.35f ? 255 : 0;
        REQUIRE(mask.u8()[i] == expected);
        ++counts[expected == 255 ? 2 : expected];
      }
    }
    for (const int64_t n : counts) CHECK(n > 0);
  }
}

TEST_CASE("a PNG of nothing but background and what is ignored says which is which") {
  const TemporaryFolder dir;
  const std::vector<uint8_t> mask{0, 255, 255, 0, 0, 255};
  write_palette_png(dir / "m_mask.png", mask.data(), 2, 3);
  MaskSummary summary;
  const Image read = read_mask(dir / "m_mask.png", {}, &summary);
  CHECK(std::equal(mask.begin(), mask.end(), read.u8()));
  CHECK(summary.ignored == 3);
  const std::vector<uint8_t> classes{0, 1, 3, 255, 2, 0};
  write_palette_png(dir / "c_mask.png", classes.data(), 3, 2);
  CHECK(std::equal(classes.begin(), classes.end(), read_mask(dir / "c_mask.png", 3).u8()));
}
