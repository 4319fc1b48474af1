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
  // How far a pixel that JPEG blurred may be from one that is as white as can be: the side of its blocks of colour.
  constexpr uint8_t kFar = 16, kNever = 255;
  const std::vector<uint8_t> near = white_pixels(image), pure = at_least(image, highest(image));
  std::vector<uint8_t> steps(near.size(), kNever);  // from pure white; kNever: not of the margin
  std::vector<int64_t> todo;
  const auto reach = [&](int64_t row, int64_t column, int before) {
    if (row < 0 || column < 0 || row >= image.height || column >= image.width) return;
    const auto at = static_cast<size_t>(row * image.width + column);
    const int here = pure[at] ? 0 : before + 1;
    if (!near[at] || here > kFar || here >= steps[at]) return;
    steps[at] = static_cast<uint8_t>(here);
    todo.push_back(static_cast<int64_t>(at));
  };
  for (int64_t row = 0; row < image.height; ++row) reach(row, 0, 0), reach(row, image.width - 1, 0);
  for (int64_t column = 0; column < image.width; ++column) reach(0, column, 0), reach(image.height - 1, column, 0);
  while (!todo.empty()) {
    const int64_t row = todo.back() / image.width, column = todo.back() % image.width;
    const int before = steps[static_cast<size_t>(todo.back())];
    todo.pop_back();
    reach(row - 1, column, before), reach(row + 1, column, before);
    reach(row, column - 1, before), reach(row, column + 1, before);
  }
  std::vector<uint8_t> margin(near.size());
  size_t count = 0, whole = 0;
  for (size_t i = 0; i < margin.size(); ++i) {
    margin[i] = steps[i] != kNever;
    count += margin[i];
    whole += margin[i] && pure[i];
  }
  // Without any pure white it is ground that is merely bright.
  if (count * 100 < margin.size() || whole == 0) std::fill(margin.begin(), margin.end(), 0);
  return margin;
}

}  // namespace ppl
