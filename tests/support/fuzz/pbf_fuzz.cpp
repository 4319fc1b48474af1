#include "tests/support/fuzz/pbf_fuzz.h"

#include <exception>

#include "io/maps/osm/collector.h"
#include "io/maps/osm/pbf_blobs.h"
#include "io/maps/osm/pbf_block.h"
#include "tests/support/fuzz/fuzz.h"

namespace ppl::test {
namespace {

size_t letters_of(OsmTags tags) {
  size_t sum = 0;
  for (const OsmTag& tag : tags) {
    for (const char c : tag.key) sum += static_cast<unsigned char>(c);
    for (const char c : tag.value) sum += static_cast<unsigned char>(c);
  }
  return sum;
}

// All objects, every byte of what is handed on touched.
void read_objects(const PbfBlock& block, size_t bytes) {
  size_t objects = 0, letters = 0;
  block.relations([&](const OsmRelation& relation) {
    objects += 1 + relation.members.size();
    letters += letters_of(relation.tags);
    for (const OsmMember& member : relation.members) letters += member.role.size();
  });
  const int64_t ways = block.ways([](int64_t, OsmTags) { return true; },
                                  [&](const OsmWay& way) {
                                    objects += 1 + way.nodes.size();
                                    letters += letters_of(way.tags);
                                  });
  std::vector<int64_t> ids;
  std::vector<OsmPlace> places;
  block.nodes(ids, places);
  require(ids.size() == places.size(), "nodes and places are not as many");
  require(objects + ids.size() <= bytes && ways >= 0, "more objects than bytes");
  require(letters < SIZE_MAX, "strings of nothing");
}

void draw_objects(const PbfBlock& block, MapTheme theme) {
  MapRequest request;
  request.theme = theme;
  FeatureLayer layer("", FeatureLayer::Precision::degrees_e7);
  SourceReport report;
  OsmCollector collector(request, layer, report);
  block.relations([&](const OsmRelation& relation) {
    if (auto found = collector.find(relation)) collector.take(*found);
  });
  collector.begin_ways();
  block.ways([&](int64_t id, OsmTags tags) { return collector.may_find(id, tags); },
             [&](const OsmWay& way) {
               if (auto found = collector.find(way)) collector.take(*found);
             });
  collector.begin_nodes();
  std::vector<int64_t> ids;
  std::vector<OsmPlace> places;
  std::vector<FoundNode> found;
  block.nodes(ids, places);
  collector.find(ids, places, found);
  for (const FoundNode& node : found) collector.take(node);
  collector.finish();
  layer.build_index();
  const Box box = layer.bounds();
  require(box.empty() || (box.min_x >= -181 && box.max_x <= 181 && box.min_y >= -91 && box.max_y <= 91),
          "a feature off the earth");
}

void try_block(Bytes blob) {
  try {
    PbfBlock block;
    block.read(blob);
    read_objects(block, std::max<size_t>(blob.size(), size_t{32} << 20));
    draw_objects(block, MapTheme::roads);
    draw_objects(block, MapTheme::buildings);
  } catch (const std::exception&) {
  }
}

// A blob with the bytes as they are.
std::vector<std::byte> raw_blob(Bytes bytes) {
  std::vector<std::byte> blob{std::byte{0x0a}};
  for (size_t rest = bytes.size();; rest >>= 7) {
    blob.push_back(static_cast<std::byte>((rest & 127) | (rest > 127 ? 128 : 0)));
    if (rest <= 127) break;
  }
  blob.insert(blob.end(), bytes.begin(), bytes.end());
  return blob;
}

}  // namespace

void try_pbf(Bytes bytes) {
  if (const auto blobs = find_pbf_blobs(bytes)) {
    try {
      read_pbf_header(blobs->header);
    } catch (const std::exception&) {
    }
    for (const Bytes blob : blobs->data) try_block(blob);
  }
  try_block(raw_blob(bytes));
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_pbf)
