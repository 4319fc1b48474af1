#include <osmium/io/any_input.hpp>
#include <osmium/visitor.hpp>

#include "io/maps/osm_collector.h"
#include "io/maps/pbf_source.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using osmium::osm_entity_bits::node, osmium::osm_entity_bits::way, osmium::osm_entity_bits::relation;

// The date of the data, or of the file's making, whichever its header has.
std::string date_of(const osmium::io::Header& header) {
  for (const char* key : {"osmosis_replication_timestamp", "timestamp"}) {
    if (!header.get(key).empty()) return header.get(key);
  }
  return "";
}

// What buffers of libosmium's readers hold goes to the collector, a kind at a time.
class FromBuffers {
 public:
  FromBuffers(OsmCollector& collector, SourceReport& report) : collector_(collector), report_(report) {}

  void take_relations(const osmium::memory::Buffer& buffer) {
    for (const auto& object : buffer.select<osmium::Relation>()) {
      members_.clear();
      for (const osmium::RelationMember& member : object.members()) {
        // osmium counts nodes from 1.
        const auto kind = static_cast<OsmKind>(static_cast<int>(member.type()) - 1);
        members_.push_back({kind, member.ref(), member.role()});
      }
      if (auto found = collector_.find(OsmRelation{object.id(), tags_of(object), members_})) collector_.take(*found);
    }
  }

  void take_ways(const osmium::memory::Buffer& buffer) {
    collector_.begin_ways();
    for (const auto& object : buffer.select<osmium::Way>()) {
      ++report_.ways;
      const OsmTags tags = tags_of(object);
      if (!collector_.may_find(object.id(), tags)) continue;
      ids_.clear();
      for (const osmium::NodeRef& ref : object.nodes()) ids_.push_back(ref.ref());
      if (auto found = collector_.find(OsmWay{object.id(), tags, ids_})) collector_.take(*found);
    }
  }

  void take_nodes(const osmium::memory::Buffer& buffer) {
    collector_.begin_nodes();
    ids_.clear(), places_.clear(), nodes_.clear();
    for (const auto& object : buffer.select<osmium::Node>()) {
      ids_.push_back(object.id());
      places_.push_back({object.location().x(), object.location().y()});
    }
    report_.nodes += static_cast<int64_t>(ids_.size());
    collector_.find(ids_, places_, nodes_);
    for (const FoundNode& found : nodes_) collector_.take(found);
  }

 private:
  // None of what was deleted.
  OsmTags tags_of(const osmium::OSMObject& object) {
    tags_.clear();
    if (object.visible()) {
      for (const osmium::Tag& tag : object.tags()) tags_.push_back({tag.key(), tag.value()});
    }
    return tags_;
  }

  OsmCollector& collector_;
  SourceReport& report_;
  std::vector<OsmTag> tags_;
  std::vector<OsmMember> members_;
  std::vector<int64_t> ids_;
  std::vector<OsmPlace> places_;
  std::vector<FoundNode> nodes_;
};

// A reading for each kind: the order in the file does not matter.
void read_kind_by_kind(const std::string& path, const MapRequest& request, FeatureLayer& layer, SourceReport& report) {
  OsmCollector collector(request, layer, report);
  FromBuffers from_buffers(collector, report);
  const std::pair<osmium::osm_entity_bits::type, void (FromBuffers::*)(const osmium::memory::Buffer&)> kinds[] = {
      {relation, &FromBuffers::take_relations}, {way, &FromBuffers::take_ways}, {node, &FromBuffers::take_nodes}};
  double begin = 0;
  for (const auto& [kind, take] : kinds) {
    osmium::io::Reader reader(osmium::io::File(path), kind, osmium::io::read_meta::no);
    report.date = date_of(reader.header());
    const double size = static_cast<double>(std::max<size_t>(1, reader.file_size()));
    while (const osmium::memory::Buffer buffer = reader.read()) {
      (from_buffers.*take)(buffer);
      if (request.progress) request.progress((begin + static_cast<double>(reader.offset()) / size) / 3);
    }
    reader.close();
    ++begin;
  }
  collector.finish();
}

void read_all(const std::string& path, const MapRequest& request, FeatureLayer& layer, SourceReport& report) {
  const bool pbf = path.ends_with(".pbf");
  if (pbf && read_sorted_pbf(MappedFile(path), request, layer, report)) return;
  read_kind_by_kind(path, request, layer, report);
}

}  // namespace

bool is_osm_file(const std::string& path) {
  for (const char* extension : {".osm", ".osm.gz", ".osm.bz2", ".pbf"}) {
    if (path.ends_with(extension)) return true;
  }
  return false;
}

SourceReport read_osm(const std::string& path, const MapRequest& request, FeatureLayer& layer) {
  SourceReport report;
  report.path = path;
  report.osm = true;
  const size_t before = layer.size();
  try {
    read_all(path, request, layer, report);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    if (std::string(e.what()).starts_with(path)) throw;  // it says by itself
    throw Error(cat(path, ": cannot read the OSM file: ", e.what()));
  }
  report.features = static_cast<int64_t>(layer.size() - before);
  PPL_CHECK(report.nodes + report.ways > 0, path, ": holds no OSM objects");
  return report;
}

}  // namespace ppl
