#include <future>
#include <osmium/io/any_input.hpp>
#include <osmium/visitor.hpp>

#include "io/vector/osm_collector.h"
#include "io/vector/pbf_blobs.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using osmium::osm_entity_bits::node, osmium::osm_entity_bits::way, osmium::osm_entity_bits::relation;

// Of compressed blobs; they take ten times as much in memory.
constexpr size_t kBytesAtOnce = 2 << 20;

// The date of the data, or of the file's making, whichever its header has.
std::string date_of(const osmium::io::Header& header) {
  for (const char* key : {"osmosis_replication_timestamp", "timestamp"}) {
    if (!header.get(key).empty()) return header.get(key);
  }
  return "";
}

void tell(const MapRequest& request, double share) {
  if (request.progress) request.progress(share);
}

using Buffers = std::vector<osmium::memory::Buffer>;

// What a buffer of a file holds goes to the collector, a kind at a time.
void take_relations(const osmium::memory::Buffer& buffer, OsmCollector& collector) {
  for (const auto& object : buffer.select<osmium::Relation>()) collector.relation(object);
}
void take_ways(const osmium::memory::Buffer& buffer, OsmCollector& collector) {
  for (const auto& object : buffer.select<osmium::Way>()) collector.way(object);
}
void take_nodes(const osmium::memory::Buffer& buffer, OsmCollector& collector) {
  for (const auto& object : buffer.select<osmium::Node>()) collector.node(object.id(), object.location());
}

// Blobs from the end of a file, some at a time, decoded by the pool's threads. The next ones are decoded while the
// caller works on the last.
class BlobsFromEnd {
 public:
  BlobsFromEnd(const PbfBlobs& blobs, osmium::thread::Pool& pool)
      : blobs_(blobs), pool_(pool), left_(blobs.data.size()) {
    read_ahead();
  }

  bool done() const { return !ahead_.valid(); }
  double share_done() const { return 1 - static_cast<double>(left_) / static_cast<double>(blobs_.data.size()); }
  std::string date() const { return date_; }

  Buffers next() {
    auto [buffers, date] = ahead_.get();
    date_ = date;
    read_ahead();
    return std::move(buffers);
  }

 private:
  struct Piece {
    Buffers buffers;
    std::string date;
  };

  void read_ahead() {
    if (left_ == 0) return;
    size_t first = left_, bytes = 0;
    while (first > 0 && (first == left_ || bytes + blobs_.data[first - 1].size() <= kBytesAtOnce)) {
      bytes += blobs_.data[--first].size();
    }
    ahead_ = std::async(std::launch::async, [this, first, end = left_] { return decode(first, end); });
    left_ = first;
  }

  Piece decode(size_t first, size_t end) const {
    std::string text;
    const auto append = [&](Bytes bytes) { text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
    append(blobs_.header);
    for (size_t i = first; i < end; ++i) append(blobs_.data[i]);
    osmium::io::Reader reader(osmium::io::File(text.data(), text.size(), "pbf"), pool_, node | way | relation,
                              osmium::io::read_meta::no);
    Piece piece{{}, date_of(reader.header())};
    while (osmium::memory::Buffer buffer = reader.read()) piece.buffers.push_back(std::move(buffer));
    reader.close();
    return piece;
  }

  const PbfBlobs& blobs_;
  osmium::thread::Pool& pool_;
  size_t left_;
  std::future<Piece> ahead_;
  std::string date_;
};

// One reading, from the end to the beginning: relations say which ways are used, ways say which nodes.
void collect_from_end(const PbfBlobs& blobs, const MappedFile& file, const MapRequest& request, OsmCollector& collector,
                      SourceReport& report) {
  osmium::thread::Pool pool(std::max(1, request.threads));
  BlobsFromEnd from_end(blobs, pool);
  while (!from_end.done() && collector.in_order()) {
    const Buffers buffers = from_end.next();
    collector.begin_batch();
    for (const auto& buffer : buffers) take_relations(buffer, collector);
    for (const auto& buffer : buffers) take_ways(buffer, collector);
    for (const auto& buffer : buffers) take_nodes(buffer, collector);
    file.release();
    tell(request, from_end.share_done());
  }
  report.date = from_end.date();
}

// A reading for each kind: the order in the file does not matter.
void collect_kind_by_kind(const std::string& path, const MapRequest& request, OsmCollector& collector,
                          SourceReport& report) {
  const std::pair<osmium::osm_entity_bits::type, void (*)(const osmium::memory::Buffer&, OsmCollector&)> kinds[] = {
      {relation, take_relations}, {way, take_ways}, {node, take_nodes}};
  double begin = 0;
  for (const auto& [kind, take] : kinds) {
    osmium::io::Reader reader(osmium::io::File(path), kind, osmium::io::read_meta::no);
    report.date = date_of(reader.header());
    const double size = static_cast<double>(std::max<size_t>(1, reader.file_size()));
    while (const osmium::memory::Buffer buffer = reader.read()) {
      take(buffer, collector);
      tell(request, (begin + static_cast<double>(reader.offset()) / size) / 3);
    }
    reader.close();
    ++begin;
  }
}

void read_all(const std::string& path, const MapRequest& request, FeatureLayer& layer, SourceReport& report) {
  if (path.ends_with(".pbf")) {
    const MappedFile file(path);
    if (const std::optional<PbfBlobs> blobs = find_pbf_blobs(file.bytes())) {
      SourceReport found = report;
      OsmCollector collector(request, layer, found);
      collect_from_end(*blobs, file, request, collector, found);
      if (collector.in_order()) {
        collector.finish();
        report = found;
        return;
      }
    }
  }
  OsmCollector collector(request, layer, report);
  collect_kind_by_kind(path, request, collector, report);
  collector.finish();
}

}  // namespace

bool is_osm_file(const std::string& path) {
  for (const char* ending : {".osm", ".osm.gz", ".osm.bz2", ".pbf"}) {
    if (path.ends_with(ending)) return true;
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
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(cat(path, ": cannot read the OSM file: ", e.what()));
  }
  report.features = static_cast<int64_t>(layer.size() - before);
  PPL_CHECK(report.nodes + report.ways > 0, path, ": holds no OSM objects");
  return report;
}

}  // namespace ppl
