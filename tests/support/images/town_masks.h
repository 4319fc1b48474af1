// Two tiles of a small town, as masks in a folder.
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

namespace ppl::test {

// A road from left to right through two tiles and one up in the second, 0.5 m a pixel in UTM; a building on the edge.
inline constexpr int64_t kSide = 128;
inline const GeoReference kPlace{"EPSG:32632", {500000, 0.5, 0, 5200000, 0, -0.5}};

inline std::vector<uint8_t> town(int64_t first_column) {
  std::vector<uint8_t> mask(kSide * kSide, 0);
  for (int64_t r = 0; r < kSide; ++r) {
    for (int64_t c = 0; c < kSide; ++c) {
      const int64_t x = c + first_column;
      const bool road = std::abs(r - 60) <= 3 || (std::abs(x - 190) <= 3 && r < 60);
      mask[static_cast<size_t>(r * kSide + c)] = road;
    }
  }
  return mask;
}

inline GeoReference moved(GeoReference geo, double columns) {
  geo.transform[0] += columns * geo.transform[1];
  return geo;
}

struct Town {
  Town() {
    std::filesystem::create_directory(masks());
    write_mask_png(masks() + "/a_mask.png", town(0).data(), kSide, kSide);
    write_mask_png(masks() + "/b_mask.png", town(kSide).data(), kSide, kSide);
  }
  std::string masks() const { return dir / "masks"; }
  void place() const {
    std::filesystem::remove_all(masks());
    std::filesystem::create_directory(masks());
    GeoReference geo = kPlace;
    write_mask_tiff(masks() + "/a_mask.tif", town(0).data(), kSide, kSide, geo);
    write_mask_tiff(masks() + "/b_mask.tif", town(kSide).data(), kSide, kSide, moved(geo, kSide));
  }
  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--existing", "overwrite"});
    return run_process("vectorize", arguments);
  }
  TemporaryFolder dir;
};

// Failed with one line that holds `what`, and no result.
inline bool one_line_naming(const ProcessResult& r, const std::string& what) {
  return r.exit_code == 1 && r.out.empty() && count(r.err, "\n") == 1 && contains(r.err, what);
}

}  // namespace ppl::test
