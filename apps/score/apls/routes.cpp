#include "apps/score/apls/routes.h"

#include <algorithm>
#include <numeric>

#include "apps/score/apls/sweep.h"
#include "io/threads.h"

namespace ppl::score {
namespace {

// Sums of a batch of sources.
struct Sums {
  Lanes lost{}, lost_length{}, length{}, routes{};

  void add(const Lanes& here, const Lanes& there) {
    for (size_t i = 0; i < here.packs.size(); ++i) {
      const Pack d1 = here.packs[i], difference = d1 - there.packs[i];
      const Pack share = (difference < 0 ? -difference : difference) / d1;
      const auto route = (d1 > 0) & (d1 < kUnreachable);  // 0: the source itself
      const Pack loss = route ? (share < 1 ? share : Pack{} + 1) : Pack{}, counted = route ? d1 : Pack{};
      lost.packs[i] += loss;
      lost_length.packs[i] += loss * counted;
      length.packs[i] += counted;
      routes.packs[i] += route ? Pack{} + 1 : Pack{};
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
        known_at_(known.targets.empty() ? 0 : images.size(), -1),
        sources_(images.size()) {
    for (size_t node = 0; node < images.size(); ++node) {
      const auto place = static_cast<size_t>(from.place(static_cast<int>(node)));
      image_at_[place] = images[node] < 0 ? -1 : to.place(images[node]);
      node_at_[place] = static_cast<int>(node);
    }
    for (size_t t = 0; t < known.targets.size(); ++t) {
      known_at_[static_cast<size_t>(from.place(known.targets[t].first))] = static_cast<int>(t);
    }
  }

  OneWay run(int threads) {
    SweepPlanner here(from_), there(to_);
    for (const Hierarchy::Range& component : from_.components()) add(component, here, there, threads);
    for (const auto& [node, sums] : known_.sources) sources_[static_cast<size_t>(from_.place(node))] = sums;
    OneWay total;
    for (const OneWay& source : sources_) total.add(source);
    return total;
  }

 private:
  // All routes of a component, kLanes sources at a time.
  void add(const Hierarchy::Range& component, SweepPlanner& planner_here, SweepPlanner& planner_there, int threads) {
    if (component.end - component.begin < 2) return;
    std::vector<int> places(static_cast<size_t>(component.end - component.begin));
    std::iota(places.begin(), places.end(), component.begin);
    const std::vector<int> images(image_at_.begin() + component.begin, image_at_.begin() + component.end);
    const SweepPlan plan_here = planner_here.plan(places), plan_there = planner_there.plan(images);
    constexpr size_t kSources = 8 * kLanes;  // that share the memory of a sweep
    const auto pieces = static_cast<int64_t>((places.size() + kSources - 1) / kSources);
    for_each_index(pieces, threads, [&](int64_t piece) {
      Sweep here(plan_here), there(plan_there);
      const size_t begin = static_cast<size_t>(piece) * kSources, end = std::min(begin + kSources, places.size());
      for (size_t first = begin; first < end; first += kLanes) {
        add_batch(component, first, std::min(first + kLanes, end), here, there);
      }
    });
  }

  bool has_image(int place) const {
    const auto p = static_cast<size_t>(place);
    return known_.unplaced_sources.empty() ? image_at_[p] >= 0
                                           : !known_.unplaced_sources[static_cast<size_t>(node_at_[p])];
  }

  // Lengths of the routes from places [begin, end) to the targets whose lengths are known.
  std::vector<Lanes> known_lengths(int begin, int end) const {
    std::vector<Lanes> rows(known_.targets.size());
    for (size_t t = 0; t < rows.size(); ++t) {
      rows[t].fill(kUnreachable);
      for (int p = begin; p < end; ++p) {
        if (!has_image(p)) continue;
        rows[t].set(static_cast<size_t>(p - begin), known_.targets[t].second.at(node_at_[static_cast<size_t>(p)]));
      }
    }
    return rows;
  }

  // The component's places from number `first` on.
  void add_batch(const Hierarchy::Range& component, size_t first, size_t end, Sweep& here, Sweep& there) {
    const int begin = component.begin + static_cast<int>(first);
    const std::vector<Lanes> known = known_lengths(begin, component.begin + static_cast<int>(end));
    here.start(first, end);
    there.start(first, end);
    Sums sums;
    for (int p = component.begin; p < component.end; ++p) {
      const Lanes &lengths = here.next(), &found = there.next();
      const int known_row = known.empty() ? -1 : known_at_[static_cast<size_t>(p)];
      sums.add(lengths, known_row < 0 ? found : known[static_cast<size_t>(known_row)]);
    }
    for (size_t i = 0; i < end - first; ++i) {
      OneWay& source = sources_[static_cast<size_t>(begin) + i];
      source.lost = sums.lost[i], source.routes = static_cast<int64_t>(sums.routes[i]);
      source.lost_length = sums.lost_length[i], source.routes_length = sums.length[i];
    }
  }

  const Hierarchy &from_, &to_;
  const KnownRoutes& known_;
  // By place of `from`: the image's place of `to`, or -1; the node; the number among known targets, or -1.
  std::vector<int> image_at_, node_at_, known_at_;
  std::vector<OneWay> sources_;  // by place
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
