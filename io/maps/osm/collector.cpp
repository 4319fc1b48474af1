#include "io/maps/osm/collector.h"

#include <algorithm>
#include <string_view>

#include "io/maps/feature_rules.h"

namespace ppl {

// Nothing where the object is not asked for.
std::optional<FeatureTraits> OsmCollector::traits_of(OsmTags tags) const {
  FeatureTraits traits;
  const auto value = [&](const char* key) { return value_of(tags, key); };
  if (judge(request_, value(key()), value, traits) != LeftOut::no) return {};
  const bool roads = request_.theme == MapTheme::roads;
  traits.area = !roads || value("area") == "yes" || value("type") == "multipolygon";
  return traits;
}

std::optional<FoundRelation> OsmCollector::find(const OsmRelation& relation) const {
  if (value_of(relation.tags, "type") != "multipolygon") return {};
  std::optional<FeatureTraits> traits = traits_of(relation.tags);
  if (!traits) return {};
  return FoundRelation{relation.id, std::move(*traits), {relation.members.begin(), relation.members.end()}};
}

void OsmCollector::take(const FoundRelation& relation) {
  if (stage_ != Stage::relations) in_order_ = false;
  relations_.add({relation.id, {}, relation.members}, relation.traits);
}

void OsmCollector::begin_ways() {
  if (stage_ != Stage::relations) return;
  relations_.end_of_relations();
  stage_ = Stage::ways;
}

bool OsmCollector::may_find(int64_t way, OsmTags tags) const {
  return !value_of(tags, key()).empty() || relations_.is_member(way);
}

std::optional<FoundWay> OsmCollector::find(const OsmWay& way) const {
  FoundWay found;
  found.id = way.id;
  found.member = relations_.is_member(way.id);
  if (std::optional<FeatureTraits> traits = traits_of(way.tags)) {
    found.traits = std::move(*traits);
    // An outline is drawn with its relation, which knows the holes.
    const bool outline = relations_.is_outline(way.id);
    const bool closed = !way.nodes.empty() && way.nodes.front() == way.nodes.back();
    if (closed) {
      found.drawn = !(found.traits.area && outline);
    } else if (way.nodes.empty()) {
      found.nodeless = true;
    } else if (request_.theme == MapTheme::buildings) {
      found.broken = !outline;
    } else {
      found.drawn = true;
      found.traits.area = false;
    }
  }
  if (!found.drawn && !found.member && !found.broken && !found.nodeless) return {};
  found.nodes.assign(way.nodes.begin(), way.nodes.end());
  found.places.assign(way.places.begin(), way.places.end());
  return found;
}

void OsmCollector::take(const FoundWay& way) {
  report_.broken_areas += way.broken;
  report_.nodeless_ways += way.nodeless;
  if (stage_ == Stage::nodes && (way.member || way.drawn)) in_order_ = false;
  for (size_t i = 0; i < way.places.size(); ++i) {
    if (way.places[i].valid()) told_.emplace_back(way.nodes[i], way.places[i]);
  }
  if (way.member) relations_.add_way(way.id, way.nodes);
  if (!way.drawn) return;
  if (batches_.empty()) begin_batch();
  Batch& batch = batches_.front();
  batch.nodes.insert(batch.nodes.end(), way.nodes.begin(), way.nodes.end());
  batch.ways.push_back({batch.nodes.size(), static_cast<float>(way.traits.width), number_of(way.traits.kind),
                        static_cast<uint8_t>(way.traits.lanes), way.traits.area});
}

uint16_t OsmCollector::number_of(const std::string& kind) {
  // As many as a layer tells apart.
  const bool known = kind_numbers_.contains(kind) || kinds_.size() < 65000;
  const auto [entry, fresh] = kind_numbers_.try_emplace(known ? kind : "", static_cast<uint16_t>(kinds_.size()));
  if (fresh) kinds_.push_back(entry->first);
  return entry->second;
}

void OsmCollector::begin_nodes() {
  if (stage_ == Stage::nodes) return;
  begin_ways();
  for (const Batch& batch : batches_) node_ids_.insert(node_ids_.end(), batch.nodes.begin(), batch.nodes.end());
  relations_.node_ids(node_ids_);
  std::sort(node_ids_.begin(), node_ids_.end());
  node_ids_.erase(std::unique(node_ids_.begin(), node_ids_.end()), node_ids_.end());
  node_ids_.shrink_to_fit();
  places_.resize(node_ids_.size());
  for (const auto& [node, place] : told_) {
    const auto known = std::lower_bound(node_ids_.begin(), node_ids_.end(), node);
    if (known != node_ids_.end() && *known == node) places_[static_cast<size_t>(known - node_ids_.begin())] = place;
  }
  told_ = {};
  stage_ = Stage::nodes;
}

void OsmCollector::find(std::span<const int64_t> ids, std::span<const OsmPlace> places,
                        std::vector<FoundNode>& to) const {
  const size_t end = node_ids_.size();
  size_t at = end;
  int64_t last = INT64_MAX;
  for (size_t i = 0; i < ids.size(); ++i) {
    // Most files are sorted: the place goes forward.
    if (ids[i] < last) {
      at = static_cast<size_t>(std::lower_bound(node_ids_.begin(), node_ids_.end(), ids[i]) - node_ids_.begin());
    }
    last = ids[i];
    while (at < end && node_ids_[at] < last) ++at;
    if (at < end && node_ids_[at] == last) to.push_back({at, places[i]});
  }
}

// Not valid where the file lacks the node.
OsmPlace OsmCollector::place_of(int64_t node) {
  if (at_ + 1 < node_ids_.size() && node_ids_[at_ + 1] == node) {  // neighbours of a way often are so in the file
    ++at_;
  } else {
    at_ = static_cast<size_t>(std::lower_bound(node_ids_.begin(), node_ids_.end(), node) - node_ids_.begin());
  }
  return places_[at_];
}

void OsmCollector::finish() {
  begin_nodes();
  for (; !batches_.empty(); batches_.pop_front()) add_ways(batches_.front());
  add_relations();
}

void OsmCollector::add_ways(const Batch& batch) {
  size_t begin = 0;
  std::vector<Line> parts;
  for (const Entry& way : batch.ways) {
    parts.assign(1, {});
    int64_t missing = 0;
    for (size_t i = begin; i < way.end; ++i) {
      const OsmPlace place = place_of(batch.nodes[i]);
      if (place.valid()) {
        parts.back().push_back({place.x / 1e7, place.y / 1e7});
      } else {
        ++missing;
        if (!parts.back().empty()) parts.emplace_back();
      }
    }
    begin = way.end;
    report_.missing_nodes += missing;
    if (missing > 0 && way.area) {
      ++report_.incomplete_areas;
      continue;
    }
    report_.cut_ways += missing > 0;
    layer_.add({kinds_[way.kind], way.width, way.lanes, way.area}, parts);
  }
}

void OsmCollector::add_relations() {
  const OsmRelations::Areas areas{
      [&](const FeatureTraits& traits, const std::vector<Line>& rings) { layer_.add(traits, rings); },
      [&] { ++report_.incomplete_areas; }, [&] { ++report_.broken_areas; }};
  relations_.assemble([&](int64_t node) { return place_of(node); }, areas);
}

}  // namespace ppl
