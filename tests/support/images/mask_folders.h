// Folders of masks that are drawn with characters.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/score/masks/iou.h"
#include "io/image/image.h"
#include "tests/support/process.h"

namespace ppl::test {

using Rows = std::vector<std::string>;  // a character a pixel

inline Image drawn(const Rows& rows, int bands, uint8_t one) {
  Image image = Image::make(static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size()), bands);
  size_t at = 0;
  for (const std::string& row : rows) {
    for (const char c : row) {
      const auto value = static_cast<uint8_t>(c == '#' ? one : c == '?' ? 255 : c >= '0' && c <= '9' ? c - '0' : 0);
      for (int band = 0; band < bands; ++band) image.bytes[at++] = value;
    }
  }
  return image;
}

// Truth and prediction folders of one test.
struct Folders {
  Folders() {
    std::filesystem::create_directory(truth());
    std::filesystem::create_directory(prediction());
  }
  std::string truth() const { return dir / "truth"; }
  std::string prediction() const { return dir / "prediction"; }
  void add(const std::string& id, const Rows& t, const Rows& p) const {
    write_mask_png(truth() + "/" + id + "_mask.png", drawn(t, 1, 1).u8(), t.size(), t[0].size());
    write_mask_png(prediction() + "/" + id + "_mask.png", drawn(p, 1, 1).u8(), p.size(), p[0].size());
  }
  score::IouOptions options() const {
    score::IouOptions result;
    result.truth = truth();
    result.prediction = prediction();
    return result;
  }
  ProcessResult run(std::vector<std::string> more) const {
    more.insert(more.begin(), {"iou", truth(), prediction()});
    return run_process("score", more);
  }

  TemporaryFolder dir;
};

// Three tiles: 2 of 4 pixels right (tp 2, fp 1, fn 1), both empty, and 4 false pixels on empty ground.
inline void add_three(const Folders& folders) {
  folders.add("a", {"##..", "#..."}, {"##..", "..#."});
  folders.add("b", {"....", "...."}, {"....", "...."});
  folders.add("c", {"....", "...."}, {"####", "...."});
}

}  // namespace ppl::test
