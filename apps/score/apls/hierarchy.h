// Distances from many nodes of a graph to all others: an elimination order with shortcuts, and one sweep over it that
// carries several sources at once (contraction hierarchies; the sweep is PHAST's).
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

namespace ppl::score {

inline constexpr double kUnreachable = std::numeric_limits<double>::infinity();

// One way between nodes numbered from 0.
struct GraphArc {
  int from;
  int to;
  double length;
};

// Nodes are put into places: those of one component side by side, within it the last eliminated first. An arc leads
// from a place to an earlier one. Any shortest way is some arcs up to earlier places, then some arcs down.
class Hierarchy {
 public:
  struct Arc {
    int to;     // place
    double up;  // length there, and back; kUnreachable where there is no such way
    double down;
  };
  struct Range {
    int begin;
    int end;
  };

  // Loops and all but the shortest of parallel arcs do not matter.
  Hierarchy(int nodes, const std::vector<GraphArc>& arcs);

  int nodes() const { return static_cast<int>(place_.size()); }
  int place(int node) const { return place_[static_cast<size_t>(node)]; }
  int component(int place) const { return component_[static_cast<size_t>(place)]; }
  const std::vector<Range>& components() const { return components_; }  // places
  const Arc* begin(int place) const { return arcs_.data() + first_arc_[static_cast<size_t>(place)]; }
  const Arc* end(int place) const { return arcs_.data() + first_arc_[static_cast<size_t>(place) + 1]; }
  size_t arcs() const { return arcs_.size(); }

 private:
  friend class Elimination;
  std::vector<int> place_, component_;
  std::vector<Range> components_;
  std::vector<size_t> first_arc_;
  std::vector<Arc> arcs_;
};

inline constexpr int kLanes = 8;  // sources of one sweep: a vector register of doubles
struct alignas(64) Lanes {
  std::array<double, kLanes> v;
};

// The working memory of sweeps over one hierarchy.
class Sweep {
 public:
  explicit Sweep(const Hierarchy& hierarchy);

  // Distances from one place a lane; a negative place reaches nothing.
  void run(const std::array<int, kLanes>& sources);
  // From each lane's source to this place; nowhere() is a place that is never reached.
  const Lanes& to(int place) const { return distances_[static_cast<size_t>(place)]; }
  int nowhere() const { return hierarchy_.nodes(); }

 private:
  void clear();
  void climb(const Hierarchy::Range& component);
  void descend(const Hierarchy::Range& component);

  const Hierarchy& hierarchy_;
  std::vector<Lanes> distances_;
  std::vector<char> reached_;    // from below
  std::vector<int> components_;  // that hold a source
};

}  // namespace ppl::score
