// predict as a process: scenes in windows, folders, lists, shared work, and what goes wrong.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/common/weights.h"
#include "engine/random.h"
#include "io/file.h"
#include "io/geotiff.h"
#include "io/scene.h"
#include "io/vector/raster.h"
#include "models/networks.h"
#include "tests/process.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Of one network for all tests. Its last layer is blown up: random weights alone give logits of nearly zero.
const std::string& weights() {
  static const TemporaryFolder dir;
  static const std::string path = [] {
    const auto network = make_network("linknet34");
    Random random(4);
    network->initialize(random);
    for (const Module::Entry& e : network->entries()) {
      if (e.name != "finalconv3.weight") continue;
      for (int64_t i = 0; i < e.tensor.size(); ++i) e.tensor.data<float>()[i] *= 100;
    }
    apps::WeightsInfo info;
    info.network = "linknet34";
    info.threshold = 0.5;
    apps::save_weights(dir / "weights.safetensors", *network, info);
    return dir / "weights.safetensors";
  }();
  return path;
}

// Blobs of light on a dark ground.
Image picture(int64_t height, int64_t width, uint64_t seed) {
  Image image = Image::make(height, width, 3);
  Random random(seed);
  const double a = random.uniform(0.05, 0.1), b = random.uniform(0.05, 0.1);
  for (int64_t i = 0; i < image.count(); ++i) {
    const auto y = static_cast<double>(i / 3 / width), x = static_cast<double>(i / 3 % width);
    image.u8()[i] = static_cast<uint8_t>(110 + 60 * std::sin(a * y) * std::cos(b * x) + random.integer(-8, 8));
  }
  return image;
}

void write_tiles(const std::string& folder, int count, int64_t side) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i)
    write_png(folder + "/t" + std::to_string(100 + i) + "_sat.png", picture(side, side, static_cast<uint64_t>(i)));
}

const GeoReference kPlace{"", {500000, 0.5, 0, 5000000, 0, -0.5}};

// As bands R, G, B of a GeoTIFF.
void write_scene(const std::string& path, const Image& bgr, std::optional<double> no_data = {},
                 const GeoReference& place = kPlace) {
  SceneWriter file(path, {SceneType::u8, bgr.height, bgr.width, 3, 64, place, no_data});
  std::vector<uint8_t> plane(static_cast<size_t>(bgr.height * bgr.width));
  for (int b = 0; b < 3; ++b) {
    for (size_t i = 0; i < plane.size(); ++i) plane[i] = bgr.u8()[i * 3 + static_cast<size_t>(2 - b)];
    file.write(b, 0, 0, bgr.height, bgr.width, plane.data());
  }
  file.commit();
}

ProcessResult predict(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), weights());
  for (const char* more : {"--views", "1", "--threads", "1", "--quiet"}) arguments.emplace_back(more);
  return run_process("predict", arguments);
}

std::map<std::string, json> manifest(const std::string& folder) {
  std::map<std::string, json> lines;
  std::ifstream file(folder + "/manifest.jsonl");
  for (std::string line; std::getline(file, line);) {
    const json j = json::parse(line);
    CHECK(lines.emplace(j["id"], j).second);
  }
  return lines;
}

size_t count_files(const std::string& folder, const std::string& ending) {
  return static_cast<size_t>(std::count_if(fs::directory_iterator(folder), {}, [&](const auto& e) {
    return e.path().filename().string().ends_with(ending);
  }));
}

}  // namespace

TEST_CASE("a scene of one window is predicted as a tile of a folder is") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  write_scene(dir / "in/a.tif", picture(90, 130, 1));
  REQUIRE(predict({dir / "in", dir / "out", "--format", "tif", "--probabilities", "f32"}).exit_code == 0);
  REQUIRE(predict({dir / "in/a.tif", dir / "a.tif", "--probabilities", "f32"}).exit_code == 0);
  CHECK(read_image(dir / "out/a_mask.tif").bytes == read_image(dir / "a.tif").bytes);
  CHECK(read_probabilities(dir / "out/a_prob.tif").values == read_probabilities(dir / "a_prob.tif").values);
  CHECK(read_georeference(dir / "a.tif")->transform == kPlace.transform);
}

TEST_CASE("no seam shows where windows meet") {
  const TemporaryFolder dir;
  const Image image = picture(300, 420, 2);
  write_scene(dir / "scene.tif", image);
  const ProcessResult r =
      predict({dir / "scene.tif", dir / "out.tif", "--window", "160", "--overlap", "32", "--probabilities", "f32"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  const ProbabilityRaster p = read_probabilities(dir / "out_prob.tif");
  REQUIRE(p.width == 420);
  // Mean step from one column to the next: over borders of windows (every 128, and 32 after), and elsewhere.
  double border = 0, elsewhere = 0;
  int borders = 0, others = 0;
  for (int64_t x = 1; x < p.width; ++x) {
    double sum = 0;
    for (int64_t y = 0; y < p.height; ++y) {
      const auto i = static_cast<size_t>(y * p.width + x);
      sum += std::abs(p.values[i] - p.values[i - 1]);
    }
    const bool at_border = x >= 128 && (x % 128 == 0 || x % 128 == 32);
    (at_border ? border : elsewhere) += sum;
    ++(at_border ? borders : others);
  }
  MESSAGE("step across borders of windows over that elsewhere: " << border / borders / (elsewhere / others));
  CHECK(elsewhere > 0);
  CHECK(border / borders < 1.25 * elsewhere / others);
  for (const auto& entry : fs::directory_iterator(dir.path)) CHECK(entry.path().extension() != ".tmp");

  // Half precision and bytes hold the same.
  REQUIRE(predict({dir / "scene.tif", dir / "h.tif", "--window", "160", "--overlap", "32", "--probabilities", "f16"})
              .exit_code == 0);
  REQUIRE(predict({dir / "scene.tif", dir / "b.tif", "--window", "160", "--overlap", "32", "--probabilities", "u8"})
              .exit_code == 0);
  const ProbabilityRaster h = read_probabilities(dir / "h_prob.tif"), b = read_probabilities(dir / "b_prob.tif");
  float half = 0, byte = 0;
  for (size_t i = 0; i < p.values.size(); ++i) {
    half = std::max(half, std::abs(h.values[i] - p.values[i]));
    byte = std::max(byte, std::abs(b.values[i] - p.values[i]));
  }
  CHECK(half <= 0x1p-11f);
  CHECK(byte <= 0.5f / 255 + 1e-6f);
}

TEST_CASE("no data stays no data: by value, and as a white margin; windows without any are not computed") {
  const TemporaryFolder dir;
  Image image = picture(300, 420, 3);
  for (int64_t y = 0; y < 300; ++y)
    for (int64_t x = 0; x < 420; ++x)
      for (int64_t c = 0; c < 3; ++c)
        if (x < 200 && y < 200) image.u8()[(y * 420 + x) * 3 + c] = 0;
  write_scene(dir / "value.tif", image, 0);
  REQUIRE(predict({dir / "value.tif", dir / "v.tif", "--window", "96", "--overlap", "32"}).exit_code == 0);
  const Image v = read_image(dir / "v.tif");
  CHECK(v.u8()[100 * 420 + 199] == 255);
  CHECK(v.u8()[100 * 420 + 200] != 255);
  for (uint8_t& value : image.bytes) value = value == 0 ? 255 : std::min<uint8_t>(value, 254);
  write_scene(dir / "white.tif", image);
  REQUIRE(predict({dir / "white.tif", dir / "w.tif", "--window", "96", "--overlap", "32"}).exit_code == 0);
  CHECK(read_image(dir / "w.tif").bytes == v.bytes);
  REQUIRE(predict({dir / "white.tif", dir / "k.tif", "--window", "96", "--overlap", "32", "--keep-white"}).exit_code ==
          0);
  CHECK(read_image(dir / "k.tif").u8()[0] != 255);
}

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

TEST_CASE("tiles that see enough of their neighbours are predicted as the picture that they make together") {
  const TemporaryFolder dir;
  const Image whole = picture(128, 192, 7);
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
  std::ofstream(dir / "in/text_sat.png") << "no picture";
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
  const auto start = [&] {
    const pid_t child = fork();
    if (child != 0) return child;
    std::vector<char*> argv{const_cast<char*>("predict")};
    for (const std::string& a : shared) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    execv(PPL_BIN "/predict", argv.data());
    _exit(127);
  };
  const pid_t killed = start();
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
  waitpid(killed, nullptr, 0);
  const pid_t one = start(), two = start();
  int status = 0;
  waitpid(one, &status, 0);
  CHECK(status == 0);
  waitpid(two, &status, 0);
  CHECK(status == 0);
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
    std::vector<std::string> arguments{dir / "in", dir / "out", "--probabilities", "f32"};
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
  CHECK(predict({dir / "in", dir / "x", "--window", "100"}).exit_code == 0);  // of scenes only
  CHECK(predict({dir / "in/t100_sat.png", dir / "x.tif", "--window", "100"}).exit_code == 1);
  CHECK_FALSE(fs::exists(dir / "x.tif"));
}
