// Masks drawn in text, of lines, at random.
#pragma once

#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/geometry/point.h"
#include "io/geometry/polygon.h"

namespace ppl {

// A row a line, all of one length; '#' is foreground.
inline BitImage drawn(const std::vector<std::string>& rows) {
  BitImage image(static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size()));
  for (int64_t r = 0; r < image.height(); ++r) {
    for (int64_t c = 0; c < image.width(); ++c) {
      if (rows[static_cast<size_t>(r)][static_cast<size_t>(c)] == '#') image.set(r, c);
    }
  }
  return image;
}

// Every pixel whose centre lies within `radius` of the line.
inline void draw_line(BitImage& image, const Line& line, double radius) {
  for (int64_t r = 0; r < image.height(); ++r) {
    for (int64_t c = 0; c < image.width(); ++c) {
      const Point p{static_cast<double>(c) + 0.5, static_cast<double>(r) + 0.5};
      for (size_t i = 1; i < line.size(); ++i) {
        if (distance(p, nearest_on_segment(p, line[i - 1], line[i])) <= radius) image.set(r, c);
      }
    }
  }
}

// Some thick lines, and noise.
inline BitImage blobs(int64_t height, int64_t width, uint32_t seed) {
  std::mt19937 random(seed);
  BitImage image(height, width);
  std::uniform_real_distribution<double> x(0, static_cast<double>(width)), y(0, static_cast<double>(height)), r(0.5, 9);
  for (int i = 0; i < 12; ++i) draw_line(image, {{x(random), y(random)}, {x(random), y(random)}}, r(random));
  for (int64_t k = 0; k < height * width / 40; ++k) {  // and noise
    const auto row = static_cast<int64_t>(random() % static_cast<uint32_t>(height));
    const auto column = static_cast<int64_t>(random() % static_cast<uint32_t>(width));
    if (random() % 2) {
      image.set(row, column);
    } else {
      image.clear(row, column);
    }
  }
  return image;
}

inline bool inside(const Line& ring, Point p) {
  bool in = false;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i], b = ring[(i + 1) % ring.size()];
    if ((a.y <= p.y) != (b.y <= p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) in = !in;
  }
  return in;
}

inline bool inside(const Polygon& polygon, Point p) {
  bool in = inside(polygon.outer, p);
  for (const Line& hole : polygon.holes) in = in && !inside(hole, p);
  return in;
}

inline Line turned_rectangle(Point middle, double width, double height, double degrees) {
  const double a = degrees * std::numbers::pi / 180;
  const Point u{std::cos(a) * width / 2, std::sin(a) * width / 2},
      v{-std::sin(a) * height / 2, std::cos(a) * height / 2};
  return {middle - u - v, middle + u - v, middle + u + v, middle - u + v};
}

// Every pixel whose centre lies in one of the polygons.
inline BitImage filled(int64_t height, int64_t width, const std::vector<Polygon>& polygons) {
  BitImage image(height, width);
  for (int64_t r = 0; r < height; ++r) {
    for (int64_t c = 0; c < width; ++c) {
      const Point centre{static_cast<double>(c) + 0.5, static_cast<double>(r) + 0.5};
      for (const Polygon& p : polygons) {
        if (inside(p, centre)) image.set(r, c);
      }
    }
  }
  return image;
}

}  // namespace ppl
