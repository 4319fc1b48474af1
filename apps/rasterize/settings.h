// What is drawn and how.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "apps/rasterize/widths.h"
#include "io/maps/source.h"

namespace ppl::rasterize {

enum class Style {
  metric,     // widths in metres on the ground
  published,  // cv2.line with whole pixels, see PP-LinkNet
};
enum class Values {
  binary,   // foreground or not
  classes,  // roads: numbers of the width table; buildings: 1 building, 2 its boundary, 3 near two buildings
};
enum class Format { png, tif };
enum class NoData {
  keep,  // not looked at
  mask,  // background, or 255 in masks of classes
  skip,  // as mask, and tiles with more of it than max_no_data are left out
};

struct Settings {
  MapTheme theme = MapTheme::roads;
  Style style = Style::metric;
  Values values = Values::binary;
  Format format = Format::png;
  WidthTable widths = WidthTable::standard();
  std::optional<double> buffer;   // metres across every road, whatever its tags
  std::set<std::string> classes;  // only these; empty: all that the table lists (published: all)
  bool tunnels = false;
  double lane_pixels = 8;  // published
  double distance = 0;     // metres at which the map of distances reaches 0; 0: no map
  double boundary = 0;     // metres inside a building's outline; masks of classes
  double contact = 0;      // metres; background no further from two buildings; masks of classes
  double min_area = 0;     // square metres of a building (or road area) on the ground
  NoData no_data = NoData::keep;
  double max_no_data = 0.5;  // share of a tile's pixels

  // Metres from the centre line to the edge.
  double radius_of(const FeatureTraits& road) const { return (buffer ? *buffer : widths.width_of(road)) / 2; }
  bool wants(const std::string& kind) const;
  // Whether what is drawn depends on classes, so that features without one cannot be drawn.
  bool needs_class() const {
    return !classes.empty() || (theme == MapTheme::roads && (style == Style::published || values == Values::classes));
  }
  int number_of(const std::string& kind) const;
  // All that decides about a mask's pixels, as JSON: masks of other settings are not gone on with.
  std::string fingerprint() const;
};

}  // namespace ppl::rasterize
