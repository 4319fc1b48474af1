// A training run of seconds: generated tiles and a configuration for them.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/random.h"
#include "io/image/image.h"
#include "tests/support/process.h"

namespace ppl {

// A bright bar on a dark noisy ground, and its mask.
inline void write_tiles(const std::string& folder, int count, int side, uint64_t seed) {
  std::filesystem::create_directories(folder);
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    Image image = Image::make(side, side, 3), mask = Image::make(side, side, 1);
    const int64_t at = random.integer(4, side - 16);
    for (int64_t p = 0; p < int64_t{side} * side; ++p) {
      const bool foreground = p % side >= at && p % side < at + 10;
      mask.u8()[p] = foreground;
      for (int c = 0; c < 3; ++c)
        image.u8()[p * 3 + c] = static_cast<uint8_t>((foreground ? 190 : 60) + random.integer(-30, 30));
    }
    const std::string stem = folder + "/t" + std::to_string(i);
    write_png(stem + "_sat.png", image);
    write_mask_png(stem + "_mask.png", mask.u8(), side, side);
  }
}

inline nlohmann::json small_config(const TemporaryFolder& dir) {
  return {{"run", dir / "run"},
          {"seed", 3},
          {"network", {{"name", "pp_linknet34"}}},
          {"stages",
           {{{"name", "roads"},
             {"train", dir / "train"},
             {"validation", dir / "val"},
             {"crop", 32},
             {"batch", 4},
             {"epochs", 2},
             {"learning_rate", 1e-3}}}}};
}

inline std::string write_config(const TemporaryFolder& dir, const nlohmann::json& j) {
  std::ofstream(dir / "config.json") << j.dump();
  return dir / "config.json";
}

inline std::vector<nlohmann::json> log_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace ppl
