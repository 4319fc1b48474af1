#include "io/image/white_margin.h"

#include <algorithm>

namespace ppl {

namespace {

// 1 where all bands are at least so much.
std::vector<uint8_t> at_least(const Image& image, int least) {
  std::vector<uint8_t> flags(static_cast<size_t>(image.height * image.width), 1);
  const size_t bands = static_cast<size_t>(image.bands);
  for (size_t i = 0; i < flags.size() * bands; ++i) {
    const int value = image.depth == 8 ? image.u8()[i] : image.u16()[i];
    if (value < least) flags[i / bands] = 0;
  }
  return flags;
}

int highest(const Image& image) { return image.depth == 8 ? UINT8_MAX : UINT16_MAX; }

}  // namespace

std::vector<uint8_t> white_pixels(const Image& image) { return at_least(image, highest(image) - highest(image) / 17); }

std::vector<uint8_t> white_margins(const Image& image) {
  const std::vector<uint8_t> white = white_pixels(image);
  std::vector<uint8_t> margin(white.size(), 0);
  std::vector<int64_t> todo;
  const auto reach = [&](int64_t row, int64_t column) {
    if (row < 0 || column < 0 || row >= image.height || column >= image.width) return;
    const int64_t at = row * image.width + column;
    if (!white[static_cast<size_t>(at)] || margin[static_cast<size_t>(at)]) return;
    margin[static_cast<size_t>(at)] = 1;
    todo.push_back(at);
  };
  for (int64_t row = 0; row < image.height; ++row) reach(row, 0), reach(row, image.width - 1);
  for (int64_t column = 0; column < image.width; ++column) reach(0, column), reach(image.height - 1, column);
  size_t count = todo.size();
  while (!todo.empty()) {
    const int64_t row = todo.back() / image.width, column = todo.back() % image.width;
    todo.pop_back();
    const size_t before = todo.size();
    reach(row - 1, column), reach(row + 1, column), reach(row, column - 1), reach(row, column + 1);
    count += todo.size() - before;
  }
  const std::vector<uint8_t> pure = at_least(image, highest(image));
  size_t pure_count = 0;
  for (size_t i = 0; i < margin.size(); ++i) pure_count += margin[i] && pure[i];
  if (count * 100 < white.size() || pure_count * 2 < count) std::fill(margin.begin(), margin.end(), 0);
  return margin;
}

}  // namespace ppl
