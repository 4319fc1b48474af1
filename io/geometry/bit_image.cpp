#include "io/geometry/bit_image.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "kernels/base.h"

namespace ppl {

BitImage::BitImage(int64_t height, int64_t width) : height_(height), width_(width) {
  PPL_CHECK(height >= 0 && width >= 0 && (width == 0 || height <= (int64_t{1} << 34) / width), "a mask of ", width,
            " x ", height, " pixels; expected at most 2^34");
  words_ = ceil_div(width, 64);
  stride_ = words_ + 2;
  bits_.assign(static_cast<size_t>((height + 2) * stride_), 0);
}

BitImage BitImage::from_bytes(const uint8_t* data, int64_t height, int64_t width) {
  BitImage image(height, width);
  for (int64_t r = 0; r < height; ++r) {
    const uint8_t* from = data + r * width;
    uint64_t* to = image.row(r) + 1;
    for (int64_t c = 0; c < width; c += 64) {
      const int64_t n = std::min<int64_t>(64, width - c);
      uint64_t word = 0;
      for (int64_t i = 0; i < n; ++i) word |= uint64_t{from[c + i] != 0} << i;
      to[c / 64] = word;
    }
  }
  return image;
}

void BitImage::fill(int64_t r, int64_t begin, int64_t end, bool value) {
  uint64_t* words = row(r) + 1;
  while (begin < end) {
    const int64_t next = std::min(end, (begin / 64 + 1) * 64);
    const int64_t n = next - begin;
    const uint64_t mask = (n == 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1) << (begin % 64);
    if (value) {
      words[begin / 64] |= mask;
    } else {
      words[begin / 64] &= ~mask;
    }
    begin = next;
  }
}

int64_t BitImage::count() const {
  int64_t sum = 0;
  for (const uint64_t word : bits_) sum += std::popcount(word);
  return sum;
}

void BitImage::clear_right() {
  if (width_ % 64 == 0) return;
  const uint64_t mask = (uint64_t{1} << (width_ % 64)) - 1;
  for (int64_t r = 0; r < height_; ++r) row(r)[words_] &= mask;
}

std::vector<Run> find_runs(const BitImage& image, bool value) {
  std::vector<Run> runs;
  const uint64_t flip = value ? 0 : ~uint64_t{0};
  for (int64_t r = 0; r < image.height(); ++r) {
    const uint64_t* words = image.row(r) + 1;
    const auto next = [&](int64_t column, uint64_t change) {  // the first pixel from here on that is set (or clear)
      while (column < image.width()) {
        const uint64_t word = (words[column / 64] ^ change) >> (column % 64);
        if (word) return std::min(image.width(), column + std::countr_zero(word));
        column = (column / 64 + 1) * 64;
      }
      return image.width();
    };
    for (int64_t begin = next(0, flip); begin < image.width();) {
      const int64_t end = next(begin, ~flip);
      runs.push_back({r, begin, end});
      begin = next(end, flip);
    }
  }
  return runs;
}

namespace {

int32_t root_of(std::vector<int32_t>& parent, int32_t i) {
  while (parent[static_cast<size_t>(i)] != i) {
    parent[static_cast<size_t>(i)] = parent[static_cast<size_t>(parent[static_cast<size_t>(i)])];
    i = parent[static_cast<size_t>(i)];
  }
  return i;
}

}  // namespace

Components label_runs(const std::vector<Run>& runs, bool diagonal) {
  PPL_CHECK(runs.size() < INT32_MAX, "a mask of ", runs.size(), " runs");
  std::vector<int32_t> parent(runs.size());
  std::iota(parent.begin(), parent.end(), 0);
  const int64_t reach = diagonal ? 1 : 0;
  for (size_t above = 0, i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    while (runs[above].row < run.row - 1 || (runs[above].row == run.row - 1 && runs[above].end + reach <= run.begin)) {
      ++above;
    }
    for (size_t k = above; k < i && runs[k].row == run.row - 1 && runs[k].begin < run.end + reach; ++k) {
      const int32_t a = root_of(parent, static_cast<int32_t>(k)), b = root_of(parent, static_cast<int32_t>(i));
      parent[static_cast<size_t>(std::max(a, b))] = std::min(a, b);
    }
  }
  Components result;
  result.of_run.resize(runs.size());
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto root = static_cast<size_t>(root_of(parent, static_cast<int32_t>(i)));
    if (root == i) {
      result.of_run[i] = static_cast<int32_t>(result.area.size());
      result.area.push_back(0);
    } else {
      result.of_run[i] = result.of_run[root];
    }
    result.area[static_cast<size_t>(result.of_run[i])] += runs[i].end - runs[i].begin;
  }
  return result;
}

void remove_small(BitImage& image, int64_t least) {
  if (least <= 1) return;
  const std::vector<Run> runs = find_runs(image);
  const Components components = label_runs(runs, true);
  for (size_t i = 0; i < runs.size(); ++i) {
    if (components.area[static_cast<size_t>(components.of_run[i])] < least) {
      image.fill(runs[i].row, runs[i].begin, runs[i].end, false);
    }
  }
}

void fill_small_holes(BitImage& image, int64_t least) {
  if (least <= 1) return;
  const std::vector<Run> runs = find_runs(image, false);
  Components components = label_runs(runs, false);
  for (size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const bool outside = run.row == 0 || run.row == image.height() - 1 || run.begin == 0 || run.end == image.width();
    if (outside) components.area[static_cast<size_t>(components.of_run[i])] = INT64_MAX / 2;
  }
  for (size_t i = 0; i < runs.size(); ++i) {
    if (components.area[static_cast<size_t>(components.of_run[i])] < least) {
      image.fill(runs[i].row, runs[i].begin, runs[i].end, true);
    }
  }
}

}  // namespace ppl
