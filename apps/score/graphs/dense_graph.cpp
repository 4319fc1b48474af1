#include "apps/score/graphs/dense_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace ppl::score {
namespace {

constexpr double kUncut = 3, kPiece = 2;  // metres

// 1e7 times what printing with 7 decimals gives. Doubles near a tie are printed to know.
int64_t seven_decimals(double degrees) {
  const double scaled = degrees * 1e7, whole = std::floor(scaled), rest = scaled - whole;
  if (std::fabs(rest - 0.5) > 1e-5) return static_cast<int64_t>(whole) + (rest > 0.5);
  return std::llround(std::stod(fmt::format("{:.7f}", degrees)) * 1e7);
}

struct Cell {
  int64_t lat, lon;
  friend bool operator==(const Cell&, const Cell&) = default;
};

// Places to numbers: a table of twice as many slots as there can be, looked through from a place's own slot on.
class Cells {
 public:
  explicit Cells(size_t most) {
    size_t size = 16;
    while (size < 2 * most) size *= 2;
    slots_.resize(size, {{0, 0}, -1});
  }
  // The number of the place, `fresh` where it is not known yet.
  int find_or_add(const Cell& cell, int fresh) {
    const auto mixed = static_cast<uint64_t>(cell.lat) * 0x9e3779b97f4a7c15u + static_cast<uint64_t>(cell.lon);
    size_t at = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9u >> 20;
    for (;; ++at) {
      Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.number < 0) slot = {cell, fresh};
      if (slot.cell == cell) return slot.number;
    }
  }

 private:
  struct Slot {
    Cell cell;
    int number;
  };
  std::vector<Slot> slots_;
};

int pieces_of(double metres) { return metres > kUncut ? static_cast<int>(metres / kPiece) + 1 : 1; }

LatLon between(const LatLon& a, const LatLon& b, double share) {
  return {a.lat * (1 - share) + b.lat * share, a.lon * (1 - share) + b.lon * share};
}

}  // namespace

DenseGraph::DenseGraph(const LatLonGraph& graph) {
  std::vector<int> pieces;
  size_t most = 0;
  for (const auto& [a, b] : graph.edges) {
    pieces.push_back(
        pieces_of(metres_between(graph.nodes[static_cast<size_t>(a)], graph.nodes[static_cast<size_t>(b)])));
    most += static_cast<size_t>(pieces.back()) + 1;
  }
  Cells cells(most);
  const auto number = [&](const LatLon& place) {
    const int known = cells.find_or_add({seven_decimals(place.lat), seven_decimals(place.lon)}, size());
    if (known == size()) nodes_.push_back(place);
    return known;
  };
  std::vector<std::pair<int, int>> arcs;
  arcs.reserve(2 * most);
  for (size_t e = 0; e < graph.edges.size(); ++e) {
    const LatLon &a = graph.nodes[static_cast<size_t>(graph.edges[e][0])],
                 &b = graph.nodes[static_cast<size_t>(graph.edges[e][1])];
    int before = number(a);
    for (int i = 1; i <= pieces[e]; ++i) {
      const int next = number(i == pieces[e] ? b : between(a, b, static_cast<double>(i) / pieces[e]));
      arcs.emplace_back(before, next);
      if (before != next) arcs.emplace_back(next, before);
      before = next;
    }
  }
  std::sort(arcs.begin(), arcs.end());
  arcs.erase(std::unique(arcs.begin(), arcs.end()), arcs.end());
  first_.assign(nodes_.size() + 1, 0);
  for (const auto& [from, to] : arcs) {
    ++first_[static_cast<size_t>(from) + 1];
    to_.push_back(to);
    centimetres_.push_back(static_cast<int>(metres_between(node(from), node(to)) * 100));
  }
  for (size_t n = 0; n < nodes_.size(); ++n) first_[n + 1] += first_[n];
}

std::span<const int> DenseGraph::neighbours(int node) const {
  const auto n = static_cast<size_t>(node);
  return {to_.data() + first_[n], first_[n + 1] - first_[n]};
}

std::vector<int> DenseGraph::within(int node, int pieces) const {
  std::vector<int> found{node};
  size_t begin = 0;
  for (int step = 0; step < pieces && node < size(); ++step) {
    const size_t end = found.size();
    for (size_t i = begin; i < end; ++i) {
      for (const int next : neighbours(found[i])) {
        if (std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
      }
    }
    begin = end;
  }
  return found;
}

Hierarchy DenseGraph::ways(const std::vector<int>& wanted, std::vector<int>& of) const {
  // Nodes where more than one way leads on, and those that are asked for; what lies between is walked once each way.
  std::vector<int> number(nodes_.size(), -1), kept;
  const auto keep = [&](int node) {
    if (number[static_cast<size_t>(node)] >= 0) return;
    number[static_cast<size_t>(node)] = static_cast<int>(kept.size());
    kept.push_back(node);
  };
  for (const int node : wanted) keep(node);
  for (int node = 0; node < size(); ++node) {
    const std::span<const int> near = neighbours(node);
    if (near.size() != 2 || near[0] == node || near[1] == node) keep(node);
  }
  std::vector<GraphArc> arcs;
  for (const int start : kept) {
    for (size_t arc = first_[static_cast<size_t>(start)]; arc < first_[static_cast<size_t>(start) + 1]; ++arc) {
      int before = start, at = to_[arc];
      double length = centimetres(arc);
      while (number[static_cast<size_t>(at)] < 0) {
        const size_t first = first_[static_cast<size_t>(at)], on = first + (to_[first] == before);
        length += centimetres(on);
        before = at;
        at = to_[on];
      }
      arcs.push_back({number[static_cast<size_t>(start)], number[static_cast<size_t>(at)], length});
    }
  }
  of.clear();
  for (const int node : wanted) of.push_back(number[static_cast<size_t>(node)]);
  return {static_cast<int>(kept.size()), arcs};
}

}  // namespace ppl::score
