#include "tests/predict/predict_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "apps/common/weights.h"
#include "engine/random.h"
#include "models/networks.h"

namespace fs = std::filesystem;

namespace ppl::test {

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
Image made_image(int64_t height, int64_t width, uint64_t seed) {
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
    write_png(folder + "/t" + std::to_string(100 + i) + "_sat.png", made_image(side, side, static_cast<uint64_t>(i)));
}

// As bands R, G, B of a GeoTIFF.
void write_scene(const std::string& path, const Image& bgr, std::optional<double> no_data, const GeoReference& place) {
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

std::map<std::string, nlohmann::json> manifest(const std::string& folder) {
  std::map<std::string, nlohmann::json> lines;
  std::ifstream file(folder + "/manifest.jsonl");
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json j = nlohmann::json::parse(line);
    CHECK(lines.emplace(j["id"], j).second);
  }
  return lines;
}

size_t count_files(const std::string& folder, const std::string& extension) {
  return static_cast<size_t>(std::count_if(fs::directory_iterator(folder), {}, [&](const auto& e) {
    return e.path().filename().string().ends_with(extension);
  }));
}

std::vector<std::string> in_windows(std::vector<std::string> arguments) {
  for (const char* more : {"--window", "96", "--overlap", "32", "--probabilities", "f32"}) arguments.emplace_back(more);
  return arguments;
}

pid_t start_predict(const std::vector<std::string>& arguments) {
  const pid_t child = fork();
  if (child != 0) return child;
  std::vector<char*> argv{const_cast<char*>("predict")};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  execv(PPL_BIN "/predict", argv.data());
  _exit(127);
}

int end_of(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace ppl::test
