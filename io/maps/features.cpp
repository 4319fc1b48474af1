#include "io/maps/features.h"

#include <cmath>

#include "kernels/base.h"

namespace ppl {

uint16_t FeatureLayer::number_of(const std::string& kind) {
  const auto known = kind_numbers_.find(kind);
  if (known != kind_numbers_.end()) return known->second;
  // Classes come from files: what is beyond any sensible number of them goes by the name of nothing.
  if (kinds_.size() >= 65000) return number_of("");
  kinds_.push_back(kind);
  const auto number = static_cast<uint16_t>(kinds_.size() - 1);
  kind_numbers_.emplace(kind, number);
  return number;
}

void FeatureLayer::add(const FeatureTraits& traits, const std::vector<Line>& parts) {
  const size_t parts_before = part_ends_.size(), least = traits.area ? 3 : 2;
  for (const Line& part : parts) {
    if (part.size() < least) continue;
    for (const Point p : part) {
      if (precision_ == Precision::full) {
        full_.push_back(p);
      } else {
        fixed_.push_back({static_cast<int32_t>(std::lround(p.x * 1e7)), static_cast<int32_t>(std::lround(p.y * 1e7))});
      }
    }
    PPL_CHECK(points() <= UINT32_MAX, "more than ", UINT32_MAX, " points of roads and buildings");
    part_ends_.push_back(static_cast<uint32_t>(points()));
  }
  if (part_ends_.size() == parts_before) return;
  if (entries_.empty()) number_of("");  // so that there is always one to fall back on
  entries_.push_back({static_cast<uint32_t>(part_ends_.size()), static_cast<float>(traits.width),
                      number_of(traits.kind), static_cast<uint8_t>(std::clamp(traits.lanes, 0, 255)), traits.area});
}

Point FeatureLayer::point(size_t i) const {
  if (precision_ == Precision::full) return full_[i];
  return {fixed_[i].x / 1e7, fixed_[i].y / 1e7};
}

FeatureTraits FeatureLayer::traits(uint32_t feature) const {
  const Entry& e = entries_[feature];
  return {kinds_[e.kind], e.width, e.lanes, e.area};
}

void FeatureLayer::copy(uint32_t feature, Line& points, std::vector<size_t>& part_ends) const {
  for (size_t part = first_part(feature); part < entries_[feature].part_end; ++part) {
    for (size_t i = first_point(part); i < part_ends_[part]; ++i) points.push_back(point(i));
    part_ends.push_back(points.size());
  }
}

void FeatureLayer::build_index() {
  BoxIndex::Builder builder;
  for (uint32_t feature = 0; feature < entries_.size(); ++feature) {
    Box box;
    const size_t end = part_ends_[entries_[feature].part_end - 1];
    for (size_t i = first_point(first_part(feature)); i < end; ++i) box.add(point(i));
    builder.add(box);
  }
  index_ = builder.build();
}

}  // namespace ppl
