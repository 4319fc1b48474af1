#include "apps/score/apls/routes.h"

#include <algorithm>
#include <cmath>

#include "io/threads.h"

namespace ppl::score {
namespace {

// Sums of eight sources at once.
struct Sums {
  Lanes lost{}, lost_length{}, length{}, routes{};

  void add(const Lanes& here, const Lanes& there) {
    for (size_t i = 0; i < kLanes; ++i) {
      const double d1 = here.v[i], d2 = there.v[i];
      const double share = std::fabs(d1 - d2) / d1;
      const double bounded = share < 1 ? share : 1;
      const bool route = d1 > 0 && d1 < kUnreachable;  // 0: the source itself
      const double loss = route ? bounded : 0, counted = route ? d1 : 0;
      lost.v[i] += loss;
      lost_length.v[i] += loss * counted;
      length.v[i] += counted;
      routes.v[i] += route ? 1.0 : 0.0;
    }
  }
};

class RouteSums {
 public:
  RouteSums(const Hierarchy& from, const Hierarchy& to, const std::vector<int>& images, const KnownRoutes& known)
      : from_(from),
        to_(to),
        known_(known),
        image_at_(images.size()),
        node_at_(images.size()),
        sources_(images.size()) {
    for (size_t node = 0; node < images.size(); ++node) {
      const auto place = static_cast<size_t>(from.place(static_cast<int>(node)));
      image_at_[place] = images[node] < 0 ? to.nodes() : to.place(images[node]);
      node_at_[place] = static_cast<int>(node);
    }
    // Beyond the last place: rows that are made for each batch.
    for (size_t t = 0; t < known.targets.size(); ++t) {
      image_at_[static_cast<size_t>(from.place(known.targets[t].first))] = to.nodes() + 1 + static_cast<int>(t);
    }
    for (const Hierarchy::Range& component : from.components()) {
      for (int p = component.begin; p < component.end; p += kLanes) {
        batches_.push_back({p, std::min(p + kLanes, component.end)});
      }
    }
  }

  OneWay run(int threads) {
    constexpr size_t kBatches = 16;  // that share the memory of a sweep
    const auto pieces = static_cast<int64_t>((batches_.size() + kBatches - 1) / kBatches);
    for_each_index(pieces, threads, [&](int64_t piece) {
      Sweep here(from_), there(to_);
      const size_t begin = static_cast<size_t>(piece) * kBatches;
      for (size_t b = begin; b < std::min(begin + kBatches, batches_.size()); ++b) add(batches_[b], here, there);
    });
    for (const auto& [node, sums] : known_.sources) sources_[static_cast<size_t>(from_.place(node))] = sums;
    OneWay total;
    for (const OneWay& source : sources_) total.add(source);
    return total;
  }

 private:
  bool has_image(int place) const {
    const auto p = static_cast<size_t>(place);
    return known_.unplaced_sources.empty() ? image_at_[p] != to_.nodes()
                                           : !known_.unplaced_sources[static_cast<size_t>(node_at_[p])];
  }

  // Lengths of the batch's routes to the targets whose lengths are known.
  std::vector<Lanes> known_lengths(const Hierarchy::Range& batch) const {
    std::vector<Lanes> rows(known_.targets.size());
    for (size_t t = 0; t < rows.size(); ++t) {
      rows[t].v.fill(kUnreachable);
      for (int p = batch.begin; p < batch.end; ++p) {
        if (!has_image(p)) continue;
        rows[t].v[static_cast<size_t>(p - batch.begin)] = known_.targets[t].second.at(node_at_[static_cast<size_t>(p)]);
      }
    }
    return rows;
  }

  void add(const Hierarchy::Range& batch, Sweep& here, Sweep& there) {
    std::array<int, kLanes> sources, images;
    sources.fill(-1), images.fill(-1);
    for (int p = batch.begin; p < batch.end; ++p) {
      const int image = image_at_[static_cast<size_t>(p)];
      sources[static_cast<size_t>(p - batch.begin)] = p;
      images[static_cast<size_t>(p - batch.begin)] = image < to_.nodes() ? image : -1;
    }
    here.run(sources);
    there.run(images);
    const std::vector<Lanes> known = known_lengths(batch);
    const auto [begin, end] = from_.components()[static_cast<size_t>(from_.component(batch.begin))];
    Sums sums;
    for (int p = begin; p < end; ++p) {
      const int image = image_at_[static_cast<size_t>(p)];
      sums.add(here.to(p),
               image <= to_.nodes() ? there.to(image) : known[static_cast<size_t>(image - to_.nodes() - 1)]);
    }
    for (int p = batch.begin; p < batch.end; ++p) {
      const auto i = static_cast<size_t>(p - batch.begin);
      OneWay& source = sources_[static_cast<size_t>(p)];
      source.lost = sums.lost.v[i], source.routes = static_cast<int64_t>(sums.routes.v[i]);
      source.lost_length = sums.lost_length.v[i], source.routes_length = sums.length.v[i];
    }
  }

  const Hierarchy &from_, &to_;
  const KnownRoutes& known_;
  std::vector<int> image_at_;  // by place of `from`: a place of `to`, one more for none, more yet for known targets
  std::vector<int> node_at_;
  std::vector<OneWay> sources_;            // by place
  std::vector<Hierarchy::Range> batches_;  // of places in one component
};

}  // namespace

double FixedLength::at(int source) const {
  auto later =
      std::upper_bound(since.begin(), since.end(), source, [](int s, const auto& entry) { return s < entry.first; });
  return std::prev(later)->second;
}

OneWay compare_routes(const Hierarchy& from, const Hierarchy& to, const std::vector<int>& images, int threads,
                      const KnownRoutes& known) {
  return RouteSums(from, to, images, known).run(threads);
}

}  // namespace ppl::score
