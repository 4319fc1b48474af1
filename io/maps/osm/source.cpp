#include <osmium/io/any_input.hpp>
#include <osmium/visitor.hpp>

#include "io/maps/osm/pbf_source.h"
#include "io/maps/osm/taker.h"
#include "io/maps/osm/xml.h"
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

// What buffers of libosmium's readers hold.
class FromBuffers {
 public:
  explicit FromBuffers(OsmTaker& taker) : taker_(taker) {}

  void take_relations(const osmium::memory::Buffer& buffer) {
    for (const auto& object : buffer.select<osmium::Relation>()) {
      members_.clear();
      for (const osmium::RelationMember& member : object.members()) {
        // osmium counts nodes from 1.
        const auto kind = static_cast<OsmKind>(static_cast<int>(member.type()) - 1);
        members_.push_back({kind, member.ref(), member.role()});
      }
      taker_.take(OsmRelation{object.id(), tags_of(object), members_}, state_of(object));
    }
  }

  void take_ways(const osmium::memory::Buffer& buffer) {
    for (const auto& object : buffer.select<osmium::Way>()) {
      ids_.clear(), places_.clear();
      bool placed = false;
      for (const osmium::NodeRef& ref : object.nodes()) {
        ids_.push_back(ref.ref());
        places_.push_back({ref.x(), ref.y()});
        placed |= ref.location().valid();
      }
      if (!placed) places_.clear();
      taker_.take(OsmWay{object.id(), tags_of(object), ids_, places_}, state_of(object));
    }
  }

  void take_nodes(const osmium::memory::Buffer& buffer) {
    for (const auto& object : buffer.select<osmium::Node>()) {
      taker_.take(object.id(), {object.location().x(), object.location().y()}, state_of(object));
    }
  }

 private:
  OsmTags tags_of(const osmium::OSMObject& object) {
    tags_.clear();
    for (const osmium::Tag& tag : object.tags()) tags_.push_back({tag.key(), tag.value()});
    return tags_;
  }
  static OsmState state_of(const osmium::OSMObject& object) { return {object.version(), object.deleted()}; }

  OsmTaker& taker_;
  std::vector<OsmTag> tags_;
  std::vector<OsmMember> members_;
  std::vector<int64_t> ids_;
  std::vector<OsmPlace> places_;
};

// The kinds of objects as they are read, a reading for each: the order in the file does not matter.
using Progress = std::function<void(double)>;
Progress part_of(const Progress& progress, int part) {
  if (!progress) return {};
  return [&progress, part](double share) { progress((part + share) / 3); };
}

void read_buffers(const std::string& path, const char* format, const MapRequest& request, OsmTaker& taker,
                  SourceReport& report) {
  FromBuffers from_buffers(taker);
  const std::pair<osmium::osm_entity_bits::type, void (FromBuffers::*)(const osmium::memory::Buffer&)> kinds[] = {
      {relation, &FromBuffers::take_relations}, {way, &FromBuffers::take_ways}, {node, &FromBuffers::take_nodes}};
  int part = 0;
  for (const auto& [kind, take] : kinds) {
    const Progress progress = part_of(request.progress, part++);
    osmium::io::Reader reader(osmium::io::File(path, format), kind, osmium::io::read_meta::yes);
    report.date = date_of(reader.header());
    PPL_CHECK(
        !reader.header().has_multiple_object_versions(),
        "holds several versions of objects (a history, or changes); make a map of them first: osmium time-filter");
    const double size = static_cast<double>(std::max<size_t>(1, reader.file_size()));
    while (const osmium::memory::Buffer buffer = reader.read()) {
      (from_buffers.*take)(buffer);
      if (progress) progress(static_cast<double>(reader.offset()) / size);
    }
    reader.close();
    taker.end_of_kind();
  }
}

void read_xml(const std::string& path, const MapRequest& request, OsmTaker& taker, SourceReport& report) {
  int part = 0;
  for (const OsmKind kind : {OsmKind::relation, OsmKind::way, OsmKind::node}) {
    const OsmXmlHead head = read_osm_xml(path, kind, taker, part_of(request.progress, part++));
    report.date = head.date;
    if (head.changes && kind == OsmKind::node) {
      report.notes.push_back("holds changes: what did not change is not in it");
    }
  }
}

void read_all(const std::string& path, const MapFile& file, const MapRequest& request, FeatureLayer& layer,
              SourceReport& report) {
  if (file.format == MapFormat::osm_pbf && read_sorted_pbf(MappedFile(path), request, layer, report)) return;
  OsmCollector collector(request, layer, report);
  OsmTaker taker(collector, report);
  if (file.format == MapFormat::osm_xml) {
    read_xml(path, request, taker, report);
  } else {
    read_buffers(path, file.format == MapFormat::osm_pbf ? "pbf" : "o5m", request, taker, report);
  }
  collector.finish();
}

// An extract of ways alone draws nothing, and says nothing of what is there.
void check_placed(const SourceReport& report) {
  if (report.features > 0) return;
  const int64_t unplaced = report.nodeless_ways + report.cut_ways + report.incomplete_areas;
  PPL_CHECK(unplaced == 0, "its ", unplaced, " roads or buildings are without nodes, as in an extract of ways alone; ",
            "ask Overpass for 'out geom;' or '(._;>;); out body;', osmium for --add-referenced");
}

}  // namespace

SourceReport read_osm(const std::string& path, const MapFile& file, const MapRequest& request, FeatureLayer& layer) {
  SourceReport report;
  report.path = path;
  report.osm = true;
  const size_t before = layer.size();
  try {
    read_all(path, file, request, layer, report);
    report.features = static_cast<int64_t>(layer.size() - before);
    check_placed(report);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Error& e) {
    if (std::string(e.what()).starts_with(path)) throw;  // it says by itself
    throw Error(cat(path, ": ", e.what()));
  } catch (const std::exception& e) {
    throw Error(cat(path, ": cannot read the OSM file: ", e.what()));
  }
  report.seen = std::max(report.seen, report.nodes + report.ways);
  return report;
}

}  // namespace ppl
