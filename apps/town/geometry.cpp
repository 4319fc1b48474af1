#include "apps/town/geometry.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace ppl::synthetic {
namespace {

uint64_t scramble(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double lattice(int64_t x, int64_t y, uint64_t seed) {
  const uint64_t h = mix(seed, static_cast<uint64_t>(x), static_cast<uint64_t>(y));
  return static_cast<double>(h >> 11) * 0x1p-52 - 1.0;
}

double fade(double t) { return t * t * t * (t * (t * 6 - 15) + 10); }

}  // namespace

uint64_t Rng::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  return scramble(state_);
}

double Rng::uniform(double low, double high) {
  return low + (high - low) * (static_cast<double>(next() >> 11) * 0x1p-53);
}

int Rng::index(int count) { return static_cast<int>(next() % static_cast<uint64_t>(count)); }

uint64_t mix(uint64_t a, uint64_t b, uint64_t c) {
  return scramble(a + 0x9e3779b97f4a7c15ULL * (1 + scramble(b + 0x632be59bd9b4e019ULL * (1 + c))));
}

double noise(double x, double y, uint64_t seed) {
  const double fx = std::floor(x), fy = std::floor(y);
  const int64_t ix = static_cast<int64_t>(fx), iy = static_cast<int64_t>(fy);
  const double u = fade(x - fx), v = fade(y - fy);
  const double top = std::lerp(lattice(ix, iy, seed), lattice(ix + 1, iy, seed), u);
  const double bottom = std::lerp(lattice(ix, iy + 1, seed), lattice(ix + 1, iy + 1, seed), u);
  return std::lerp(top, bottom, v);
}

double fbm(double x, double y, uint64_t seed, int octaves) {
  double sum = 0, height = 1, total = 0;
  for (int i = 0; i < octaves; ++i) {
    sum += height * noise(x, y, seed + static_cast<uint64_t>(i));
    total += height;
    height *= 0.5;
    x *= 2;
    y *= 2;
  }
  return sum / total;
}

Point unit(double angle) { return {std::cos(angle), std::sin(angle)}; }
double angle_of(Point direction) { return std::atan2(direction.y, direction.x); }
Point left_of(Point direction) { return {direction.y, -direction.x}; }

double length(const Line& line) {
  double sum = 0;
  for (size_t i = 1; i < line.size(); ++i) sum += cv::norm(line[i] - line[i - 1]);
  return sum;
}

double distance(Point p, Point a, Point b) {
  const Point d = b - a;
  const double squared = d.dot(d);
  const double t = squared > 0 ? std::clamp((p - a).dot(d) / squared, 0.0, 1.0) : 0.0;
  return cv::norm(p - (a + d * t));
}

double distance(Point p, const Line& line) {
  double best = 1e30;
  for (size_t i = 1; i < line.size(); ++i) best = std::min(best, distance(p, line[i - 1], line[i]));
  return best;
}

Station station(const Line& line, double along) {
  for (size_t i = 1; i < line.size(); ++i) {
    const Point d = line[i] - line[i - 1];
    const double step = cv::norm(d);
    if (along <= step || i + 1 == line.size()) {
      const double t = step > 0 ? std::clamp(along / step, 0.0, 1.0) : 0.0;
      return {line[i - 1] + d * t, step > 0 ? d / step : Point(1, 0)};
    }
    along -= step;
  }
  return {line.front(), {1, 0}};
}

Line part(const Line& line, double from, double to) {
  Line result{station(line, from).at};
  double along = 0;
  for (size_t i = 1; i + 1 < line.size(); ++i) {
    along += cv::norm(line[i] - line[i - 1]);
    if (along > from + 1e-6 && along < to - 1e-6) result.push_back(line[i]);
  }
  result.push_back(station(line, to).at);
  return result;
}

Line resample(const Line& line, double step) {
  const double total = length(line);
  const int count = std::max(1, static_cast<int>(std::lround(total / step)));
  Line result;
  for (int i = 0; i <= count; ++i) result.push_back(station(line, total * i / count).at);
  return result;
}

Line offset(const Line& line, double to_the_left) {
  Line result;
  for (size_t i = 0; i < line.size(); ++i) {
    const Point before = line[i == 0 ? 0 : i - 1], after = line[std::min(i + 1, line.size() - 1)];
    const Point d = after - before;
    const double norm = cv::norm(d);
    result.push_back(norm > 0 ? line[i] + left_of(d) * (to_the_left / norm) : line[i]);
  }
  return result;
}

Line simplify(const Line& line, double tolerance) {
  if (line.size() < 3) return line;
  double worst = 0;
  size_t split = 0;
  for (size_t i = 1; i + 1 < line.size(); ++i) {
    const double d = distance(line[i], line.front(), line.back());
    if (d > worst) worst = d, split = i;
  }
  if (worst <= tolerance) return {line.front(), line.back()};
  Line head = simplify(Line(line.begin(), line.begin() + split + 1), tolerance);
  const Line tail = simplify(Line(line.begin() + split, line.end()), tolerance);
  head.insert(head.end(), tail.begin() + 1, tail.end());
  return head;
}

Line rectangle(Point centre, Point axis, double length, double width) {
  const Point along = axis * (length / 2), across = left_of(axis) * (width / 2);
  return {centre - along - across, centre + along - across, centre + along + across, centre - along + across};
}

}  // namespace ppl::synthetic
