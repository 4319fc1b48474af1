// Road centre lines by image, in pixels: what the readers give and what writers and scorers take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/geometry/point.h"
#include "io/image/geotiff.h"
#include "io/tables/image_id.h"

namespace ppl {

// Where a line was read: the number of the file within its source, and the row (or feature), counted from 1.
struct RowPlace {
  uint32_t file = 0;
  uint64_t row = 0;
  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};

struct RoadLine {
  Line points;  // none: the row says "no road here"
  RowPlace place;
};

struct BadRow {
  RowPlace place;
  std::string reason;
};

struct ImageRoads {
  std::vector<RoadLine> lines;  // in the order of the files
  std::vector<BadRow> bad;      // rows that could not be read, in the same order
};

// Roads of many images, read an image at a time. All members may be called from several threads.
class RoadSource {
 public:
  virtual ~RoadSource() = default;
  virtual size_t size() const = 0;                      // images
  virtual std::string_view id(size_t image) const = 0;  // ascending by utf16_less, no two the same
  virtual ImageRoads read(size_t image) const = 0;
  // Rows that belong to no image.
  virtual const std::vector<BadRow>& stray_rows() const = 0;
  virtual const std::string& file(uint32_t number) const = 0;
  // How the pixels of an image lie on the earth, where the source knows.
  virtual std::optional<GeoReference> place(size_t) const { return {}; }
  // Whether all of it is one file that names no image, so that its id is only the file's name.
  virtual bool is_unnamed() const { return false; }

  // "roads.csv:12"
  std::string describe(const RowPlace& place) const;
};

}  // namespace ppl
