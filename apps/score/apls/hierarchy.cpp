#include "apps/score/apls/hierarchy.h"

#include <algorithm>
#include <functional>
#include <memory_resource>
#include <queue>
#include <utility>

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
    std::vector<Entry> entries;
    std::vector<size_t> queued(up_.size());  // the neighbours that a node stands in the queue with
    for (size_t v = 0; v < up_.size(); ++v) entries.emplace_back(queued[v] = up_[v].size(), static_cast<int>(v));
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue({}, std::move(entries));
    while (!queue.empty()) {
      const auto [neighbours, v] = queue.top();
      queue.pop();
      if (neighbours != queued[static_cast<size_t>(v)]) continue;
      queued[static_cast<size_t>(v)] = kGone;
      order_.push_back(v);
      eliminate(v);
      for (const Arc& arc : up_[static_cast<size_t>(v)]) {
        const size_t now = up_[static_cast<size_t>(arc.to)].size();
        if (std::exchange(queued[static_cast<size_t>(arc.to)], now) != now) queue.push({now, arc.to});
      }
    }
  }

  // The neighbour of each node that is eliminated next: all of a node's neighbours are neighbours of that one.
  void find_parents() {
    std::vector<int> turn(up_.size());
    for (size_t i = 0; i < order_.size(); ++i) turn[static_cast<size_t>(order_[i])] = static_cast<int>(i);
    parent_.assign(up_.size(), -1);
    for (size_t v = 0; v < up_.size(); ++v) {
      for (const Arc& arc : up_[v]) {
        int& parent = parent_[v];
        if (parent < 0 || turn[static_cast<size_t>(arc.to)] < turn[static_cast<size_t>(parent)]) parent = arc.to;
      }
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
    const std::vector<int> nodes = place_nodes(h);
    for (int p = 0; p < h.nodes(); ++p) {
      const auto v = static_cast<size_t>(nodes[static_cast<size_t>(p)]);
      const int parent = parent_[v];
      h.above_.push_back(parent < 0 ? -1 : h.place(parent));
      if (parent < 0) h.components_.push_back({p, p});
      h.components_.back().end = p + 1;
      h.component_.push_back(static_cast<int>(h.components_.size()) - 1);
      h.first_arc_.push_back(h.to_.size());
      for (const Arc& arc : up_[v]) {
        h.to_.push_back(h.place(arc.to));
        h.up_.push_back(arc.up);
        h.down_.push_back(arc.down);
      }
    }
    h.first_arc_.push_back(h.to_.size());
  }

 private:
  static constexpr size_t kGone = std::numeric_limits<size_t>::max();
  struct Arc {
    int to;
    double up;
    double down;
  };
  using Arcs = std::pmr::vector<Arc>;

  // Sets places: preorder, the children that go last first. Returns the node at each.
  std::vector<int> place_nodes(Hierarchy& h) const {
    std::vector<int> below(up_.size(), 1);  // nodes of each subtree
    int free = 0;                           // the next place for a component
    for (const int v : order_) {
      if (const int parent = parent_[static_cast<size_t>(v)]; parent >= 0) {
        below[static_cast<size_t>(parent)] += below[static_cast<size_t>(v)];
      }
    }
    h.place_.resize(up_.size());
    std::vector<int> next(up_.size()), nodes(up_.size());  // next: the place for a node's next child
    for (auto v = order_.rbegin(); v != order_.rend(); ++v) {
      const int parent = parent_[static_cast<size_t>(*v)];
      int& place = parent < 0 ? free : next[static_cast<size_t>(parent)];
      h.place_[static_cast<size_t>(*v)] = place;
      nodes[static_cast<size_t>(place)] = *v;
      next[static_cast<size_t>(*v)] = place + 1;
      place += below[static_cast<size_t>(*v)];
    }
    return nodes;
  }

  // Of arcs to one node the shortest length each way.
  static void join_parallel(Arcs& arcs) {
    std::sort(arcs.begin(), arcs.end(), [](const Arc& x, const Arc& y) { return x.to < y.to; });
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
  std::vector<int> parent_;  // see find_parents; -1 for the last of a component
};

Hierarchy::Hierarchy(int nodes, const std::vector<GraphArc>& arcs) {
  Elimination elimination(nodes, arcs);
  elimination.run();
  elimination.find_parents();
  elimination.prune();
  elimination.place_into(*this);
}

}  // namespace ppl::score
