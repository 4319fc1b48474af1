// Windows over an axis, and blending: weights that sum to one, no steps between windows, the same as all at once.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "engine/random.h"
#include "kernels/base.h"
#include "models/inference/windows.h"

using namespace ppl;

namespace {

struct BlendedMap {
  int64_t height, width, channels;
  std::vector<float> values;
  float at(int64_t y, int64_t x, int64_t c = 0) const {
    return values[static_cast<size_t>((y * width + x) * channels + c)];
  }
};

// value(i, j, y, x, c): of window (i, j) at a place of the image.
template <class Value>
BlendedMap blended(const WindowAxis& rows, const WindowAxis& columns, int64_t channels, Value&& value) {
  BlendedMap p{rows.extent(), columns.extent(), channels, {}};
  p.values.assign(static_cast<size_t>(p.height * p.width * channels), -1);
  Blender blender(rows, columns, channels);
  while (!blender.done()) {
    const int64_t i = blender.next_row(), j = blender.next_column();
    const Range ys = rows.seen(i), xs = columns.seen(j);
    std::vector<float> window;
    for (int64_t y = ys.begin; y < ys.end; ++y)
      for (int64_t x = xs.begin; x < xs.end; ++x)
        for (int64_t c = 0; c < channels; ++c) window.push_back(value(i, j, y, x, c));
    blender.add(window.data(), [&](int64_t row, int64_t column, int64_t height, int64_t width, const float* data) {
      for (int64_t k = 0; k < height * width * channels; ++k) {
        const int64_t y = row + k / channels / width, x = column + k / channels % width;
        float& to = p.values[static_cast<size_t>((y * p.width + x) * channels + k % channels)];
        CHECK(to == -1);  // each place once
        to = data[k];
      }
    });
  }
  return p;
}

}  // namespace

TEST_CASE("windows cover every axis, see as much as they can, and their weights sum to one") {
  for (const int64_t extent : {1, 31, 64, 65, 79, 80, 81, 112, 200, 511}) {
    const WindowAxis axis(extent, 64, 16);
    std::vector<double> sum(static_cast<size_t>(extent), 0);
    int64_t finished = 0;
    for (int64_t i = 0; i < axis.count(); ++i) {
      CHECK(axis.seen(i).size() == std::min<int64_t>(extent, 64));
      CHECK(axis.seen(i).begin <= axis.used(i).begin);
      CHECK(axis.seen(i).end == axis.used(i).end);
      CHECK(axis.finished(i).begin == finished);
      finished = axis.finished(i).end;
      for (int64_t p = axis.used(i).begin; p < axis.used(i).end; ++p) sum[static_cast<size_t>(p)] += axis.weight(i, p);
    }
    CHECK(finished == extent);
    for (const double s : sum) CHECK(s == doctest::Approx(1).epsilon(1e-6));
  }
  CHECK_THROWS_AS(WindowAxis(100, 64, 33), Error);
  CHECK_THROWS_AS(WindowAxis(0, 64, 0), Error);
}

TEST_CASE("windows that agree give what they agree on; those that do not pass into one another without a step") {
  const WindowAxis rows(150, 64, 16), columns(205, 64, 16);
  const BlendedMap same = blended(rows, columns, 2, [](int64_t, int64_t, int64_t y, int64_t x, int64_t c) {
    return static_cast<float>(
        std::sin(0.1 * static_cast<double>(y) + 0.3 * static_cast<double>(x) + static_cast<double>(c)));
  });
  double worst = 0;
  for (int64_t y = 0; y < 150; ++y)
    for (int64_t x = 0; x < 205; ++x)
      for (int64_t c = 0; c < 2; ++c) {
        const double expected =
            std::sin(0.1 * static_cast<double>(y) + 0.3 * static_cast<double>(x) + static_cast<double>(c));
        worst = std::max<double>(worst, std::abs(same.at(y, x, c) - static_cast<float>(expected)));
      }
  CHECK(worst < 1e-6);

  Random random(1);
  std::vector<float> levels(100);
  for (float& level : levels) level = static_cast<float>(random.uniform());
  const BlendedMap steps = blended(rows, columns, 1, [&](int64_t i, int64_t j, int64_t, int64_t, int64_t) {
    return levels[static_cast<size_t>(i * 10 + j)];
  });
  float largest = 0;
  for (int64_t y = 1; y < 150; ++y)
    for (int64_t x = 1; x < 205; ++x)
      largest = std::max(
          {largest, std::abs(steps.at(y, x) - steps.at(y, x - 1)), std::abs(steps.at(y, x) - steps.at(y - 1, x))});
  CHECK(largest > 0);
  CHECK(largest <= std::numbers::pi / 2 / 16);  // the steepest part of the squared sine over 16 places
}

TEST_CASE("one window is passed through, missing ones count as zeros") {
  const WindowAxis rows(20, 64, 16), columns(30, 64, 16);
  CHECK(blended(rows, columns, 1, [](int64_t, int64_t, int64_t y, int64_t x, int64_t) {
          return static_cast<float>(y * 30 + x);
        }).at(7, 9) == 7 * 30 + 9);
  Blender blender(rows, columns, 1);
  float first = 1;
  blender.add(nullptr, [&](int64_t, int64_t, int64_t, int64_t, const float* data) { first = data[0]; });
  CHECK(first == 0);
  CHECK_THROWS_AS(blender.add(nullptr, {}), Error);
}
