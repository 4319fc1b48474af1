// Roads and buildings of one coordinate system in memory, with an index of where they lie.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/geometry/box_index.h"

namespace ppl {

struct FeatureTraits {
  std::string kind;   // a highway's class, or what kind of building; may be empty
  double width = 0;   // metres; 0 where unknown
  int lanes = 0;      // 0 where unknown
  bool area = false;  // the parts are rings of one polygon, holes among them, in any order and direction; else lines
};

// A feature takes 12 bytes, a part 4, a point 8 in degrees of OSM's precision and 16 else, the index about 22.
class FeatureLayer {
 public:
  enum class Precision {
    degrees_e7,  // WGS 84 as OSM stores it, 1e-7 degrees
    full,
  };
  // crs: WKT of what x (east or longitude) and y are given in; may be said later.
  FeatureLayer(std::string crs, Precision precision) : crs_(std::move(crs)), precision_(precision) {}
  void set_crs(std::string crs) { crs_ = std::move(crs); }

  // Parts of fewer than two points (rings: three) are left out; a feature without parts is not added.
  void add(const FeatureTraits&, const std::vector<Line>& parts);
  // Builds the index; features may be added afterwards only with another call of it.
  void build_index();

  const std::string& crs() const { return crs_; }
  size_t size() const { return entries_.size(); }
  size_t points() const { return precision_ == Precision::full ? full_.size() : fixed_.size(); }
  FeatureTraits traits(uint32_t feature) const;
  const std::string& kind(uint32_t feature) const { return kinds_[entries_[feature].kind]; }
  bool is_area(uint32_t feature) const { return entries_[feature].area; }
  // Appends to points; part_ends gets the sizes of points after each part.
  void copy(uint32_t feature, Line& points, std::vector<size_t>& part_ends) const;
  // Features whose boxes touch the given one, in the order they were added.
  void find(const Box& box, std::vector<uint32_t>& out) const { index_.find(box, out); }
  Box bounds() const { return index_.bounds(); }

 private:
  struct Entry {
    uint32_t part_end;
    float width;
    uint16_t kind;
    uint8_t lanes;
    bool area;
  };
  struct Fixed {
    int32_t x, y;
  };
  uint16_t number_of(const std::string& kind);
  Point point(size_t i) const;
  size_t first_point(size_t part) const { return part == 0 ? 0 : part_ends_[part - 1]; }
  size_t first_part(uint32_t feature) const { return feature == 0 ? 0 : entries_[feature - 1].part_end; }

  std::string crs_;
  Precision precision_;
  // Deques grow without copying, which would take the memory twice.
  std::deque<Entry> entries_;
  std::deque<uint32_t> part_ends_;
  std::deque<Fixed> fixed_;
  std::deque<Point> full_;
  std::vector<std::string> kinds_;
  std::unordered_map<std::string, uint16_t> kind_numbers_;
  BoxIndex index_;
};

}  // namespace ppl
