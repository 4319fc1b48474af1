// A piece of the town in pixels; shapes are given in metres.
#pragma once

#include <opencv2/core.hpp>

#include "apps/town/geometry.h"

namespace ppl::synthetic {

using Colour = cv::Scalar;  // B, G, R, 0..255

Colour rgb(double red, double green, double blue);
Colour scaled(const Colour& colour, double factor);
// The same hue, lighter or darker by up to `amount` (0.1: ten percent), and a little off in each channel.
Colour varied(const Colour& colour, double amount, Rng& rng);

// Pixel (c, r) covers [c, c+1) x [r, r+1) * metres, counted from the origin (the north-west corner).
struct Window {
  Point origin;
  double metres;  // a pixel
  int width;
  int height;

  Point centre_of(int column, int row) const { return origin + Point((column + 0.5) * metres, (row + 0.5) * metres); }
};

class Canvas {
 public:
  // `type` is CV_8UC3 (B, G, R) or CV_8UC1.
  Canvas(const Window& window, int type);

  const Window& window() const { return window_; }
  cv::Mat& image() { return image_; }

  // May a shape within `reach` metres of the point touch the image?
  bool sees(Point p, double reach) const;

  void fill(const Line& polygon, const Colour& colour);
  void disc(Point centre, double radius, const Colour& colour);
  void stroke(const Line& line, double width, const Colour& colour);
  void dashes(const Line& line, double width, double on, double off, const Colour& colour);

 private:
  cv::Point fixed(Point p) const;

  Window window_;
  cv::Mat image_;
};

}  // namespace ppl::synthetic
