#include "apps/score/apls/hierarchy.h"

#include <algorithm>
#include <memory_resource>
#include <queue>

namespace ppl::score {

// Takes nodes out one by one, few neighbours first. Before a node goes, its neighbours are joined by arcs as long as
// the ways through it; what is left of its arcs leads to nodes that go later: up.
class Elimination {
 public:
  Elimination(int nodes, const std::vector<GraphArc>& given)
      : up_(static_cast<size_t>(nodes), &memory_), slot_(static_cast<size_t>(nodes), -1) {
    for (const GraphArc& arc : given) {
      if (arc.from == arc.to) continue;
      up_[static_cast<size_t>(arc.from)].push_back({arc.to, arc.length, kUnreachable});
      up_[static_cast<size_t>(arc.to)].push_back({arc.from, kUnreachable, arc.length});
    }
    for (Arcs& arcs : up_) join_parallel(arcs);
  }

  void run() {
    using Entry = std::pair<size_t, int>;  // neighbours, node
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    std::vector<char> gone(up_.size());
    for (size_t v = 0; v < up_.size(); ++v) queue.push({up_[v].size(), static_cast<int>(v)});
    while (!queue.empty()) {
      const auto [neighbours, v] = queue.top();
      queue.pop();
      if (gone[static_cast<size_t>(v)] || neighbours != up_[static_cast<size_t>(v)].size()) continue;
      gone[static_cast<size_t>(v)] = 1;
      order_.push_back(v);
      eliminate(v);
      for (const Arc& arc : up_[static_cast<size_t>(v)]) queue.push({up_[static_cast<size_t>(arc.to)].size(), arc.to});
    }
  }

  // The node of each component that is eliminated last.
  void find_roots() {
    root_.resize(up_.size());
    for (auto v = order_.rbegin(); v != order_.rend(); ++v) {
      const auto& arcs = up_[static_cast<size_t>(*v)];
      root_[static_cast<size_t>(*v)] = arcs.empty() ? *v : root_[static_cast<size_t>(arcs.front().to)];
    }
  }

  // Makes every arc as long as the shortest way between its ends, the last nodes first, and drops arcs that a way over
  // two others undercuts: a shortest way has no use for them.
  void prune() {
    std::pmr::vector<Arcs> kept(up_.size(), &memory_);
    Arcs shortest;
    for (auto v = order_.rbegin(); v != order_.rend(); ++v) {
      Arcs& arcs = up_[static_cast<size_t>(*v)];
      ways_over_two(arcs, shortest);
      for (size_t i = 0; i < arcs.size(); ++i) {
        if ((arcs[i].up != kUnreachable && !(shortest[i].up < arcs[i].up)) ||
            (arcs[i].down != kUnreachable && !(shortest[i].down < arcs[i].down))) {
          kept[static_cast<size_t>(*v)].push_back(arcs[i]);
        }
      }
      arcs = shortest;
    }
    up_ = std::move(kept);
  }

  void place_into(Hierarchy& h) const {
    const int nodes = static_cast<int>(up_.size());
    std::vector<int> sorted(order_.rbegin(), order_.rend());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](int a, int b) { return root_[static_cast<size_t>(a)] < root_[static_cast<size_t>(b)]; });
    h.place_.resize(up_.size());
    for (int p = 0; p < nodes; ++p) h.place_[static_cast<size_t>(sorted[static_cast<size_t>(p)])] = p;
    for (int p = 0; p < nodes; ++p) {
      const auto v = static_cast<size_t>(sorted[static_cast<size_t>(p)]);
      if (root_[v] == static_cast<int>(v)) h.components_.push_back({p, p});
      h.components_.back().end = p + 1;
      h.component_.push_back(static_cast<int>(h.components_.size()) - 1);
      h.first_arc_.push_back(h.arcs_.size());
      for (const Arc& arc : up_[v]) h.arcs_.push_back({h.place(arc.to), arc.up, arc.down});
    }
    h.first_arc_.push_back(h.arcs_.size());
  }

 private:
  using Arc = Hierarchy::Arc;
  using Arcs = std::pmr::vector<Arc>;

  // Of arcs to one node the shortest length each way.
  static void join_parallel(Arcs& arcs) {
    std::stable_sort(arcs.begin(), arcs.end(), [](const Arc& x, const Arc& y) { return x.to < y.to; });
    size_t kept = 0;
    for (const Arc& arc : arcs) {
      if (kept > 0 && arcs[kept - 1].to == arc.to) {
        arcs[kept - 1].up = std::min(arcs[kept - 1].up, arc.up);
        arcs[kept - 1].down = std::min(arcs[kept - 1].down, arc.down);
      } else {
        arcs[kept++] = arc;
      }
    }
    arcs.resize(kept);
  }

  // A node's arcs with the shortest lengths. Its neighbours are joined among themselves, by the shortest ways already,
  // so ways over one of them are all there are.
  void ways_over_two(const Arcs& arcs, Arcs& shortest) {
    shortest = arcs;
    for (size_t i = 0; i < arcs.size(); ++i) slot_[static_cast<size_t>(arcs[i].to)] = static_cast<int>(i);
    for (size_t i = 0; i < arcs.size(); ++i) {
      const Arc& one = arcs[i];
      for (const Arc& between : up_[static_cast<size_t>(one.to)]) {
        const int k = slot_[static_cast<size_t>(between.to)];
        if (k < 0) continue;
        const Arc& other = arcs[static_cast<size_t>(k)];
        Arc &to_one = shortest[i], &to_other = shortest[static_cast<size_t>(k)];
        to_other.up = std::min(to_other.up, one.up + between.up);
        to_other.down = std::min(to_other.down, between.down + one.down);
        to_one.up = std::min(to_one.up, other.up + between.down);
        to_one.down = std::min(to_one.down, between.up + other.down);
      }
    }
    for (const Arc& arc : arcs) slot_[static_cast<size_t>(arc.to)] = -1;
  }

  void eliminate(int v) {
    const Arcs& around = up_[static_cast<size_t>(v)];
    for (const Arc& from : around) {
      Arcs& arcs = up_[static_cast<size_t>(from.to)];
      const auto to_v = std::find_if(arcs.begin(), arcs.end(), [v](const Arc& arc) { return arc.to == v; });
      *to_v = arcs.back();
      arcs.pop_back();
      if (around.size() == 1) return;
      for (size_t i = 0; i < arcs.size(); ++i) slot_[static_cast<size_t>(arcs[i].to)] = static_cast<int>(i);
      const size_t known = arcs.size();
      for (const Arc& to : around) {
        if (to.to == from.to) continue;
        const double there = from.down + to.up, back = to.down + from.up;
        const int i = slot_[static_cast<size_t>(to.to)];
        if (i < 0) {
          arcs.push_back({to.to, there, back});
        } else {
          Arc& arc = arcs[static_cast<size_t>(i)];
          arc.up = std::min(arc.up, there), arc.down = std::min(arc.down, back);
        }
      }
      for (size_t i = 0; i < known; ++i) slot_[static_cast<size_t>(arcs[i].to)] = -1;
    }
  }

  std::pmr::monotonic_buffer_resource memory_;  // of the many small lists, given back in one piece
  std::pmr::vector<Arcs> up_;                   // to neighbours that are not gone
  std::vector<int> slot_;                       // where a node stands in the list at hand, or -1
  std::vector<int> order_;
  std::vector<int> root_;
};

Hierarchy::Hierarchy(int nodes, const std::vector<GraphArc>& arcs) {
  Elimination elimination(nodes, arcs);
  elimination.run();
  elimination.find_roots();
  elimination.prune();
  elimination.place_into(*this);
}

namespace {

Lanes all(double value) {
  Lanes lanes;
  lanes.v.fill(value);
  return lanes;
}

void shorten(Lanes& known, const Lanes& from, double length) {
  for (size_t i = 0; i < kLanes; ++i) {
    const double through = from.v[i] + length;
    known.v[i] = through < known.v[i] ? through : known.v[i];
  }
}

}  // namespace

Sweep::Sweep(const Hierarchy& hierarchy)
    : hierarchy_(hierarchy),
      distances_(static_cast<size_t>(hierarchy.nodes()) + 1, all(kUnreachable)),
      reached_(static_cast<size_t>(hierarchy.nodes())) {}

void Sweep::clear() {
  for (const int c : components_) {
    const auto [begin, end] = hierarchy_.components()[static_cast<size_t>(c)];
    std::fill(distances_.begin() + begin, distances_.begin() + end, all(kUnreachable));
    std::fill(reached_.begin() + begin, reached_.begin() + end, 0);
  }
  components_.clear();
}

void Sweep::climb(const Hierarchy::Range& component) {
  for (int p = component.end - 1; p >= component.begin; --p) {
    if (!reached_[static_cast<size_t>(p)]) continue;
    for (const Hierarchy::Arc* arc = hierarchy_.begin(p); arc != hierarchy_.end(p); ++arc) {
      shorten(distances_[static_cast<size_t>(arc->to)], distances_[static_cast<size_t>(p)], arc->up);
      reached_[static_cast<size_t>(arc->to)] = 1;
    }
  }
}

void Sweep::descend(const Hierarchy::Range& component) {
  for (int p = component.begin; p < component.end; ++p) {
    Lanes here = distances_[static_cast<size_t>(p)];
    for (const Hierarchy::Arc* arc = hierarchy_.begin(p); arc != hierarchy_.end(p); ++arc) {
      shorten(here, distances_[static_cast<size_t>(arc->to)], arc->down);
    }
    distances_[static_cast<size_t>(p)] = here;
  }
}

void Sweep::run(const std::array<int, kLanes>& sources) {
  clear();
  for (size_t i = 0; i < kLanes; ++i) {
    if (sources[i] < 0) continue;
    distances_[static_cast<size_t>(sources[i])].v[i] = 0;
    reached_[static_cast<size_t>(sources[i])] = 1;
    const int component = hierarchy_.component(sources[i]);
    if (std::find(components_.begin(), components_.end(), component) == components_.end()) {
      components_.push_back(component);
    }
  }
  for (const int c : components_) {
    climb(hierarchy_.components()[static_cast<size_t>(c)]);
    descend(hierarchy_.components()[static_cast<size_t>(c)]);
  }
}

}  // namespace ppl::score
