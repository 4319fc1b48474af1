// Distances from several sources at once to many targets: one pass over a hierarchy (PHAST's sweep) that computes only
// what the targets need, in the order in which they are asked for.
#pragma once

#include <array>
#include <vector>

#include "apps/score/apls/hierarchy.h"

namespace ppl::score {

// As many doubles as the largest vector registers hold.
typedef double Pack __attribute__((vector_size(64)));
inline constexpr size_t kPackSize = 8;

inline constexpr size_t kLanes = 64;  // sources of one sweep
struct Lanes {
  std::array<Pack, kLanes / kPackSize> packs;

  double operator[](size_t lane) const { return packs[lane / kPackSize][lane % kPackSize]; }
  void set(size_t lane, double value) { packs[lane / kPackSize][lane % kPackSize] = value; }
  void fill(double value) {
    for (Pack& pack : packs) pack = Pack{} + value;
  }
};

// The steps of a sweep: one for each place that is a target or above one, after those of the places above it. Distances
// are kept in slots, which pass to other steps once nothing later asks for them, so that of any size of graph only a
// neighbourhood is held.
class SweepPlan {
 public:
  int slots() const { return slots_; }

 private:
  friend class Sweep;
  friend class SweepPlanner;
  struct Step {
    int first_arc;
    int above;  // step, or -1
    int slot;
  };
  struct Target {
    int step;   // its own, or -1
    int steps;  // that are done by then
    int slot;   // -1: never reached
  };
  std::vector<Step> steps_;  // and the end
  std::vector<Target> targets_;
  int slots_ = 0;
  // Arcs, those of a step side by side: what a descent reads, what a climb reads.
  std::vector<int> arc_slot_;
  std::vector<double> arc_down_;
  std::vector<int> arc_to_;  // step
  std::vector<double> arc_up_;
};

class SweepPlanner {
 public:
  explicit SweepPlanner(const Hierarchy& hierarchy);
  // Targets are places, in the order in which sweeps give distances to them; -1: never reached.
  SweepPlan plan(const std::vector<int>& targets);

 private:
  std::vector<int> order_steps(const std::vector<int>& targets, SweepPlan& plan);
  void add_steps(const std::vector<int>& places, SweepPlan& plan) const;
  static void give_slots(SweepPlan& plan);

  const Hierarchy& hierarchy_;
  std::vector<int> step_of_;  // by place; -1 where the plan at hand has none
};

// The working memory of sweeps by one plan.
class Sweep {
 public:
  explicit Sweep(const SweepPlan& plan);

  // The targets [first, end), at most kLanes, become the sources of the lanes.
  void start(size_t first, size_t end);
  // From each lane's source to the next target, from the first on; valid until the next call.
  const Lanes& next();

 private:
  void gather_above(size_t first, size_t end);
  void descend(int end);

  const SweepPlan& plan_;
  std::vector<Lanes> slots_;
  Lanes unreached_;
  std::vector<int> climbed_;  // one beyond all steps; steps: the sources' and all above, the last first
  std::vector<Lanes> climb_;  // their distances over arcs up
  std::vector<int> index_;    // by step: in climbed_, or -1
  int step_ = 0;              // the next
  size_t target_ = 0;
  size_t next_climbed_ = 0;  // from the end of climbed_ on
};

}  // namespace ppl::score
