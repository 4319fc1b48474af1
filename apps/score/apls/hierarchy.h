// A graph made ready for distances between many of its nodes: an elimination order with shortcuts (a contraction
// hierarchy).
#pragma once

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

// Nodes are put into places: those of one component side by side, within it the last eliminated first, and with each
// node all that hang on it: the elimination tree in preorder. An arc leads from a place to one above it in the tree.
// Any shortest way is some arcs up, then some down.
class Hierarchy {
 public:
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
  // The next place above, or -1: all places that arcs of `place` and of those above it lead to.
  int above(int place) const { return above_[static_cast<size_t>(place)]; }

  // Arcs by number: those of a place side by side.
  size_t first_arc(int place) const { return first_arc_[static_cast<size_t>(place)]; }
  int to(size_t arc) const { return to_[arc]; }     // place
  double up(size_t arc) const { return up_[arc]; }  // length there, and back; kUnreachable where there is no such way
  double down(size_t arc) const { return down_[arc]; }

 private:
  friend class Elimination;
  std::vector<int> place_, component_, above_;
  std::vector<Range> components_;
  std::vector<size_t> first_arc_;  // of each place, and the end
  std::vector<int> to_;
  std::vector<double> up_, down_;
};

}  // namespace ppl::score
