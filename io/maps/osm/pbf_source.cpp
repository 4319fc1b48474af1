#include "io/maps/osm/pbf_source.h"

#include <osmium/osm/timestamp.hpp>

#include "io/maps/osm/collector.h"
#include "io/maps/osm/pbf_blobs.h"
#include "io/maps/osm/pbf_block.h"
#include "io/threads.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Of packed blobs, which mostly take ten times as much in memory; and of unpacked ones.
constexpr size_t kBytesAtOnce = 2 << 20, kUnpackedAtOnce = 64 << 20;

// A blob, and what is of use of its objects.
struct Piece {
  PbfBlock block;
  std::vector<FoundRelation> relations;
  std::vector<FoundWay> ways;
  int64_t all_ways = 0;
  std::vector<int64_t> ids;  // of all nodes
  std::vector<OsmPlace> places;
  std::vector<FoundNode> nodes;
};

class FromEnd {
 public:
  FromEnd(const PbfBlobs& blobs, const MapRequest& request, OsmCollector& collector, SourceReport& report)
      : blobs_(blobs), threads_(request.threads), collector_(collector), report_(report), left_(blobs.data.size()) {}

  bool done() const { return left_ == 0; }
  double share_done() const { return 1 - static_cast<double>(left_) / static_cast<double>(blobs_.data.size()); }

  // The blobs before those of the last step: looked through by several threads, taken in their order.
  void step() {
    size_t first = left_, bytes = 0, unpacked = 0;
    while (first > 0) {
      const Bytes blob = blobs_.data[first - 1];
      const size_t size = unpacked_size(blob);
      if (first < left_ && (bytes + blob.size() > kBytesAtOnce || unpacked + size > kUnpackedAtOnce)) break;
      bytes += blob.size();
      unpacked += size;
      --first;
    }
    count_ = left_ - first;
    if (pieces_.size() < count_) pieces_.resize(count_);
    for_each_index(static_cast<int64_t>(count_), threads_, [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      pieces_[at].block.read(blobs_.data[first + at]);
    });
    left_ = first;
    collector_.begin_batch();
    take_relations();
    take_ways();
    take_nodes();
  }

 private:
  std::vector<Piece*> holding(OsmKind kind) {
    std::vector<Piece*> pieces;
    for (size_t i = 0; i < count_; ++i) {
      if (pieces_[i].block.holds(kind)) pieces.push_back(&pieces_[i]);
    }
    return pieces;
  }

  template <class Look>
  void look(const std::vector<Piece*>& pieces, Look&& look_at) const {
    for_each_index(static_cast<int64_t>(pieces.size()), threads_,
                   [&](int64_t i) { look_at(*pieces[static_cast<size_t>(i)]); });
  }

  void take_relations() {
    const std::vector<Piece*> pieces = holding(OsmKind::relation);
    look(pieces, [&](Piece& piece) {
      piece.block.relations([&](const OsmRelation& relation) {
        if (auto found = collector_.find(relation)) piece.relations.push_back(std::move(*found));
      });
    });
    for (Piece* piece : pieces) {
      for (const FoundRelation& relation : piece->relations) collector_.take(relation);
      piece->relations.clear();
    }
  }

  void take_ways() {
    const std::vector<Piece*> pieces = holding(OsmKind::way);
    if (pieces.empty()) return;
    collector_.begin_ways();
    look(pieces, [&](Piece& piece) {
      piece.all_ways = piece.block.ways([&](int64_t id, OsmTags tags) { return collector_.may_find(id, tags); },
                                        [&](const OsmWay& way) {
                                          if (auto found = collector_.find(way))
                                            piece.ways.push_back(std::move(*found));
                                        });
    });
    for (Piece* piece : pieces) {
      report_.ways += piece->all_ways;
      for (const FoundWay& way : piece->ways) collector_.take(way);
      piece->ways.clear();
    }
  }

  void take_nodes() {
    const std::vector<Piece*> pieces = holding(OsmKind::node);
    if (pieces.empty()) return;
    collector_.begin_nodes();
    look(pieces, [&](Piece& piece) {
      piece.ids.clear(), piece.places.clear(), piece.nodes.clear();
      piece.block.nodes(piece.ids, piece.places);
      collector_.find(piece.ids, piece.places, piece.nodes);
    });
    for (const Piece* piece : pieces) {
      report_.nodes += static_cast<int64_t>(piece->ids.size());
      for (const FoundNode& node : piece->nodes) collector_.take(node);
    }
  }

  const PbfBlobs& blobs_;
  int threads_;
  OsmCollector& collector_;
  SourceReport& report_;
  size_t left_, count_ = 0;    // blobs not read yet; of the pieces, those in use
  std::vector<Piece> pieces_;  // memory is used again
};

}  // namespace

bool read_sorted_pbf(const MappedFile& file, const MapRequest& request, FeatureLayer& layer, SourceReport& report) {
  const std::optional<PbfBlobs> blobs = find_pbf_blobs(file.bytes());
  if (!blobs) return false;
  const PbfHeader header = read_pbf_header(blobs->header);
  PPL_CHECK(!header.history, "holds several versions of objects (a history, or changes); make a map of them first: ",
            "osmium time-filter IN -o OUT.osm.pbf, or osmium apply-changes");
  if (!header.plain) return false;
  SourceReport found = report;
  if (header.seconds >= 0) found.date = osmium::Timestamp(header.seconds).to_iso();
  OsmCollector collector(request, layer, found);
  FromEnd from_end(*blobs, request, collector, found);
  while (!from_end.done() && collector.in_order()) {
    from_end.step();
    file.release();
    if (request.progress) request.progress(from_end.share_done());
  }
  if (!collector.in_order()) return false;
  collector.finish();
  report = found;
  return true;
}

}  // namespace ppl
