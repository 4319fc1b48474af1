// Batches of byte images for tests.
#pragma once

#include <array>
#include <vector>

#include "engine/random.h"
#include "models/inference/device_batches.h"

namespace ppl {

// Images of noise; every second one has flags.
struct MadeBatch {
  int64_t height, width;
  std::vector<std::vector<uint8_t>> images, flags;

  MadeBatch(uint64_t seed, size_t count, int64_t h, int64_t w) : height(h), width(w) {
    Random random(seed);
    for (size_t n = 0; n < count; ++n) {
      images.emplace_back(static_cast<size_t>(h * w * 3));
      for (uint8_t& v : images.back()) v = static_cast<uint8_t>(random.integer(0, 255));
      flags.emplace_back((seed + n) % 2 ? static_cast<size_t>(h * w) : 0);
      for (uint8_t& v : flags.back()) v = random.uniform() < 0.8;
    }
  }
  ByteImages bytes() const {
    ByteImages p{height, width, 3, {}, {}};
    for (const auto& image : images) p.images.push_back(image.data());
    for (const auto& f : flags) p.valid.push_back(f.empty() ? nullptr : f.data());
    return p;
  }
};

inline std::vector<MadeBatch> batches() {
  std::vector<MadeBatch> all;
  for (const auto& [count, h, w] : {std::array{1, 32, 32}, {2, 32, 32}, {1, 20, 30}, {1, 32, 64}, {3, 8, 8}, {1, 9, 5}})
    all.emplace_back(all.size(), static_cast<size_t>(count), h, w);
  return all;
}

}  // namespace ppl
