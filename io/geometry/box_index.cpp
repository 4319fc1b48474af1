#include "io/geometry/box_index.h"

#include <cmath>
#include <numeric>

namespace ppl {
namespace {

constexpr size_t kFanOut = 16;

size_t divided(size_t count) { return (count + kFanOut - 1) / kFanOut; }

}  // namespace

BoxIndex::FloatBox BoxIndex::rounded_outwards(const Box& box) {
  constexpr float kFar = std::numeric_limits<float>::infinity();
  const auto below = [](double v) {
    const auto f = static_cast<float>(v);
    return f > v ? std::nextafter(f, -kFar) : f;
  };
  const auto above = [](double v) {
    const auto f = static_cast<float>(v);
    return f < v ? std::nextafter(f, kFar) : f;
  };
  return {below(box.min_x), below(box.min_y), above(box.max_x), above(box.max_y)};
}

BoxIndex BoxIndex::Builder::build() {
  BoxIndex index;
  std::vector<uint32_t>& order = index.items_;
  for (size_t i = 0; i < boxes_.size(); ++i) {
    if (boxes_[i].min_x <= boxes_[i].max_x) order.push_back(static_cast<uint32_t>(i));
  }
  const auto x = [&](uint32_t i) { return boxes_[i].min_x + boxes_[i].max_x; };
  const auto y = [&](uint32_t i) { return boxes_[i].min_y + boxes_[i].max_y; };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return x(a) < x(b); });
  const auto slices = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(divided(order.size())))));
  const size_t slice = std::max<size_t>(1, slices * kFanOut);
  for (size_t from = 0; from < order.size(); from += slice) {
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(from + slice, order.size()));
    std::sort(begin, end, [&](uint32_t a, uint32_t b) { return y(a) < y(b); });
  }

  auto& boxes = index.boxes_;
  for (const uint32_t i : order) boxes.push_back(boxes_[i]);
  boxes_ = {};
  index.levels_ = {0, boxes.size()};
  while (index.levels_.back() - index.levels_[index.levels_.size() - 2] > 1) {
    const size_t begin = index.levels_[index.levels_.size() - 2], end = index.levels_.back();
    for (size_t from = begin; from < end; from += kFanOut) {
      FloatBox around = boxes[from];
      for (size_t i = from + 1; i < std::min(from + kFanOut, end); ++i) {
        around.min_x = std::min(around.min_x, boxes[i].min_x);
        around.min_y = std::min(around.min_y, boxes[i].min_y);
        around.max_x = std::max(around.max_x, boxes[i].max_x);
        around.max_y = std::max(around.max_y, boxes[i].max_y);
      }
      boxes.push_back(around);
    }
    index.levels_.push_back(boxes.size());
  }
  return index;
}

void BoxIndex::find(const Box& box, std::vector<uint32_t>& out) const {
  if (items_.empty() || box.empty()) return;
  const size_t first_found = out.size();
  struct Step {
    size_t level, begin, end;  // of boxes_
  };
  std::vector<Step> todo{{levels_.size() - 2, levels_[levels_.size() - 2], levels_.back()}};
  while (!todo.empty()) {
    const Step step = todo.back();
    todo.pop_back();
    for (size_t i = step.begin; i < step.end; ++i) {
      const FloatBox& b = boxes_[i];
      if (!(b.min_x <= box.max_x && box.min_x <= b.max_x && b.min_y <= box.max_y && box.min_y <= b.max_y)) continue;
      if (step.level == 0) {
        out.push_back(items_[i]);
        continue;
      }
      const size_t below = levels_[step.level - 1], child = below + (i - levels_[step.level]) * kFanOut;
      todo.push_back({step.level - 1, child, std::min(child + kFanOut, levels_[step.level])});
    }
  }
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first_found), out.end());
}

Box BoxIndex::bounds() const {
  Box box;
  if (items_.empty()) return box;
  const FloatBox& top = boxes_.back();
  box.add(Point{top.min_x, top.min_y});
  box.add(Point{top.max_x, top.max_y});
  return box;
}

}  // namespace ppl
