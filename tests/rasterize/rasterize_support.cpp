#include "tests/rasterize/rasterize_support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace ppl::test {

ProcessResult draw(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  words.push_back("--quiet");
  return run_process("rasterize", words);
}

bool one_line_naming(const ProcessResult& r, const std::string& what) {
  const bool fine =
      r.exit_code == 1 && std::count(r.err.begin(), r.err.end(), '\n') == 1 && r.err.find(what) != std::string::npos;
  CHECK_MESSAGE(fine, "exit ", r.exit_code, ": ", r.err);
  return fine;
}

nlohmann::json summary_of(const Words& words) {
  const ProcessResult r = draw(words, kGrid);
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  nlohmann::json summary = nlohmann::json::parse(r.out);
  summary.erase("read_seconds");
  summary.erase("draw_seconds");
  return summary;
}

std::vector<nlohmann::json> manifest_of(const std::string& folder) {
  std::ifstream file(folder + "/manifest.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

int Mask::at(double east, double north) const {
  return image.bytes[static_cast<size_t>(static_cast<int>((256 - north) * 2) * 512 + static_cast<int>(east * 2))];
}
int64_t Mask::count(int value) const { return std::count(image.bytes.begin(), image.bytes.end(), value); }

Mask town_mask(const Words& more, int classes, const std::string& input) {
  const TemporaryFolder dir;
  Words words{input, "--out", dir / "out"};
  words.insert(words.end(), kGrid.begin(), kGrid.end());
  const ProcessResult r = draw(words, more);
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  CHECK(r.err.empty());
  return Mask(dir / "out/r0c0_mask.png", classes);
}

}  // namespace ppl::test
