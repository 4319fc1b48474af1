// Points and lines in metres (x to the east, y to the south of the town's north-west corner), random numbers, noise.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace ppl::synthetic {

using Point = cv::Point2d;
using Line = std::vector<Point>;

// Deterministic on every platform, unlike the standard library's distributions.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}
  uint64_t next();
  double uniform(double low, double high);
  int index(int count);  // 0 .. count-1
  bool chance(double probability) { return uniform(0, 1) < probability; }

 private:
  uint64_t state_;
};

uint64_t mix(uint64_t a, uint64_t b, uint64_t c = 0);

// Smooth noise in [-1, 1] on a lattice of one unit; fbm adds octaves of half the size and half the height.
double noise(double x, double y, uint64_t seed);
double fbm(double x, double y, uint64_t seed, int octaves);

Point unit(double angle);
double angle_of(Point direction);
Point left_of(Point direction);

double length(const Line& line);
double distance(Point p, Point a, Point b);
double distance(Point p, const Line& line);

struct Station {
  Point at;
  Point direction;  // unit length
};
// The point `along` metres from the start, clamped to the line.
Station station(const Line& line, double along);

Line part(const Line& line, double from, double to);
Line resample(const Line& line, double step);
Line offset(const Line& line, double to_the_left);
// Douglas-Peucker; the ends stay.
Line simplify(const Line& line, double tolerance);

// Corners of a rectangle around `centre`, `length` along `axis` (unit) and `width` across.
Line rectangle(Point centre, Point axis, double length, double width);

}  // namespace ppl::synthetic
