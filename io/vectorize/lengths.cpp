#include "io/vectorize/lengths.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr double kPixel = 0.4;  // metres that the defaults in pixels are meant for

Length parse(const std::string& text, const std::string& square, const std::string& where) {
  Length length;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, length.value);
  const std::string unit(stop, end);
  PPL_CHECK(error == std::errc() && std::isfinite(length.value) && length.value >= 0 && length.value <= 1e9 &&
                (unit.empty() || unit == "px" + square || unit == "m" + square),
            where, ": expected pixels or metres from 0 on (20, 20px", square, ", 8m", square, "), got '", text, "'");
  length.metres = unit == "m" + square;
  return length;
}

// From settings to pixels; power: 1 for lengths, 2 for areas.
struct Resolver {
  std::optional<double> pixel;

  double operator()(const std::optional<Length>& said, double pixels, int power, const char* name) const {
    const double metres = pixel.value_or(kPixel);
    if (!said) return pixels * std::pow(kPixel / metres, power);
    PPL_CHECK(!said->metres || pixel, name,
              " is in metres, but nothing says how many of them a pixel is: ", "--pixel-size METRES");
    return said->metres ? said->value / std::pow(metres, power) : said->value;
  }
  int radius(const std::optional<Length>& said, double pixels, const char* name) const {
    return static_cast<int>(std::lround(std::min(1e6, (*this)(said, pixels, 1, name))));
  }
  int64_t area(const std::optional<Length>& said, int64_t pixels, const char* name) const {
    return std::llround((*this)(said, static_cast<double>(pixels), 2, name));
  }
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string begin_of(std::optional<double> pixel) {
  return pixel ? number(*pixel) + " m a pixel: " : "pixels of unknown size: ";
}

}  // namespace

Length parse_length(const std::string& text, const std::string& where) { return parse(text, "", where); }
Length parse_area(const std::string& text, const std::string& where) { return parse(text, "2", where); }

RoadOptions RoadSettings::at(std::optional<double> pixel) const {
  const Resolver in{pixel};
  const RoadOptions plain;
  RoadOptions o;
  o.closing = in.radius(closing, plain.closing, "--closing");
  o.min_object = in.area(min_object, plain.min_object, "--min-object");
  o.min_hole = in.area(min_hole, plain.min_hole, "--min-hole");
  o.merge = in(merge, plain.merge, 1, "--merge");
  o.spur = in(spur, plain.spur, 1, "--spur");
  o.min_length = in(min_length, plain.min_length, 1, "--min-length");
  o.gap = in(gap, plain.gap, 1, "--gap");
  o.far_gap = in(far_gap, plain.far_gap, 1, "--far-gap");
  o.simplify = in(simplify, plain.simplify, 1, "--simplify");
  o.angle = angle;
  o.check();
  return o;
}

BuildingOptions BuildingSettings::at(std::optional<double> pixel) const {
  const Resolver in{pixel};
  const BuildingOptions plain;
  BuildingOptions o;
  o.closing = in.radius(closing, plain.closing, "--closing");
  o.min_area = in.area(min_area, plain.min_area, "--min-area");
  o.min_hole = in.area(min_hole, plain.min_hole, "--min-hole");
  o.simplify = in(simplify, plain.simplify, 1, "--simplify");
  o.square = square;
  o.check();
  return o;
}

std::string describe(const RoadOptions& o, std::optional<double> pixel) {
  return cat(begin_of(pixel), "closing ", o.closing, " px, objects from ", o.min_object, " px2, holes from ",
             o.min_hole, " px2, merge ", number(o.merge), " px, spur ", number(o.spur), " px, length from ",
             number(o.min_length), " px, gap ", number(o.gap), " px, far gap ", number(o.far_gap), " px, simplify ",
             number(o.simplify), " px");
}

std::string describe(const BuildingOptions& o, std::optional<double> pixel) {
  return cat(begin_of(pixel), "closing ", o.closing, " px, area from ", o.min_area, " px2, holes from ", o.min_hole,
             " px2, simplify ", number(o.simplify), " px");
}

std::string text_of(const RoadSettings& r, const BuildingSettings& b) {
  std::string text = cat("angle ", r.angle, " square ", b.square);
  for (const auto& said : {r.closing, r.merge, r.spur, r.min_length, r.gap, r.far_gap, r.simplify, r.min_object,
                           r.min_hole, b.closing, b.simplify, b.min_area, b.min_hole})
    text += said ? cat(" ", said->value, said->metres ? "m" : "px") : " -";
  return text;
}

}  // namespace ppl
