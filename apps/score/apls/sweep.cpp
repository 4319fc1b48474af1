#include "apps/score/apls/sweep.h"

#include <algorithm>
#include <functional>

namespace ppl::score {
namespace {

void shorten(Lanes& known, const Lanes& from, double length) {
  for (size_t i = 0; i < known.packs.size(); ++i) {
    const Pack through = from.packs[i] + length;
    known.packs[i] = through < known.packs[i] ? through : known.packs[i];
  }
}

}  // namespace

SweepPlanner::SweepPlanner(const Hierarchy& hierarchy)
    : hierarchy_(hierarchy), step_of_(static_cast<size_t>(hierarchy.nodes()), -1) {}

SweepPlan SweepPlanner::plan(const std::vector<int>& targets) {
  SweepPlan plan;
  const std::vector<int> places = order_steps(targets, plan);
  add_steps(places, plan);
  give_slots(plan);
  for (const int p : places) step_of_[static_cast<size_t>(p)] = -1;
  return plan;
}

// Numbers the steps and returns the place of each.
std::vector<int> SweepPlanner::order_steps(const std::vector<int>& targets, SweepPlan& plan) {
  std::vector<int> places, path;
  for (const int target : targets) {
    path.clear();
    for (int p = target; p >= 0 && step_of_[static_cast<size_t>(p)] < 0; p = hierarchy_.above(p)) path.push_back(p);
    for (auto p = path.rbegin(); p != path.rend(); ++p) {
      step_of_[static_cast<size_t>(*p)] = static_cast<int>(places.size());
      places.push_back(*p);
    }
    const int step = target < 0 ? -1 : step_of_[static_cast<size_t>(target)];
    plan.targets_.push_back({step, static_cast<int>(places.size()), -1});
  }
  return places;
}

void SweepPlanner::add_steps(const std::vector<int>& places, SweepPlan& plan) const {
  plan.steps_.reserve(places.size() + 1);
  for (const int p : places) {
    const int above = hierarchy_.above(p);
    plan.steps_.push_back(
        {static_cast<int>(plan.arc_to_.size()), above < 0 ? -1 : step_of_[static_cast<size_t>(above)], -1});
    for (size_t arc = hierarchy_.first_arc(p); arc < hierarchy_.first_arc(p + 1); ++arc) {
      plan.arc_to_.push_back(step_of_[static_cast<size_t>(hierarchy_.to(arc))]);
      plan.arc_up_.push_back(hierarchy_.up(arc));
      plan.arc_down_.push_back(hierarchy_.down(arc));
    }
  }
  plan.steps_.push_back({static_cast<int>(plan.arc_to_.size()), -1, -1});
}

// Goes through steps and targets as a sweep will, and gives a slot to others after the last step and the last target
// that read it.
void SweepPlanner::give_slots(SweepPlan& plan) {
  const int steps = static_cast<int>(plan.steps_.size()) - 1;
  const auto step = [&](int s) -> SweepPlan::Step& { return plan.steps_[static_cast<size_t>(s)]; };
  std::vector<int> last_step(static_cast<size_t>(steps)), last_target(static_cast<size_t>(steps), -1), free;
  for (int s = 0; s < steps; ++s) {
    last_step[static_cast<size_t>(s)] = s;
    for (int a = step(s).first_arc; a < step(s + 1).first_arc; ++a) {
      last_step[static_cast<size_t>(plan.arc_to_[static_cast<size_t>(a)])] = s;
    }
  }
  const int targets = static_cast<int>(plan.targets_.size());
  for (int t = 0; t < targets; ++t) {
    if (const int s = plan.targets_[static_cast<size_t>(t)].step; s >= 0) last_target[static_cast<size_t>(s)] = t;
  }
  plan.arc_slot_.reserve(plan.arc_to_.size());
  int s = 0;
  for (int t = 0; t < targets; ++t) {
    SweepPlan::Target& target = plan.targets_[static_cast<size_t>(t)];
    for (; s < target.steps; ++s) {
      const auto free_if_last = [&](int read) {
        const auto r = static_cast<size_t>(read);
        if (last_step[r] == s && last_target[r] < t) free.push_back(step(read).slot);
      };
      step(s).slot = free.empty() ? plan.slots_++ : free.back();
      if (!free.empty()) free.pop_back();
      for (int a = step(s).first_arc; a < step(s + 1).first_arc; ++a) {
        const int to = plan.arc_to_[static_cast<size_t>(a)];
        plan.arc_slot_.push_back(step(to).slot);
        free_if_last(to);
      }
      free_if_last(s);
    }
    if (target.step < 0) continue;
    target.slot = step(target.step).slot;
    const auto own = static_cast<size_t>(target.step);
    if (last_target[own] == t && last_step[own] < s) free.push_back(target.slot);
  }
}

Sweep::Sweep(const SweepPlan& plan)
    : plan_(plan), slots_(static_cast<size_t>(plan.slots_)), index_(plan.steps_.size() - 1, -1) {
  unreached_.fill(kUnreachable);
}

void Sweep::start(size_t first, size_t end) {
  gather_above(first, end);
  climb_.assign(climbed_.size(), unreached_);
  for (size_t t = first; t < end; ++t) {
    const int source = plan_.targets_[t].step;
    if (source >= 0) climb_[static_cast<size_t>(index_[static_cast<size_t>(source)])].set(t - first, 0);
  }
  for (size_t i = 1; i < climbed_.size(); ++i) {
    const SweepPlan::Step* step = &plan_.steps_[static_cast<size_t>(climbed_[i])];
    for (auto arc = static_cast<size_t>(step[0].first_arc); arc < static_cast<size_t>(step[1].first_arc); ++arc) {
      const auto above = static_cast<size_t>(plan_.arc_to_[arc]);
      shorten(climb_[static_cast<size_t>(index_[above])], climb_[i], plan_.arc_up_[arc]);
    }
  }
  for (size_t i = 1; i < climbed_.size(); ++i) index_[static_cast<size_t>(climbed_[i])] = -1;
  step_ = 0, target_ = 0, next_climbed_ = climbed_.size() - 1;
}

void Sweep::gather_above(size_t first, size_t end) {
  climbed_.assign(1, std::numeric_limits<int>::max());
  for (size_t t = first; t < end; ++t) {
    for (int s = plan_.targets_[t].step; s >= 0 && index_[static_cast<size_t>(s)] < 0;) {
      index_[static_cast<size_t>(s)] = 0;
      climbed_.push_back(s);
      s = plan_.steps_[static_cast<size_t>(s)].above;
    }
  }
  std::sort(climbed_.begin(), climbed_.end(), std::greater<>());
  for (size_t i = 1; i < climbed_.size(); ++i) index_[static_cast<size_t>(climbed_[i])] = static_cast<int>(i);
}

const Lanes& Sweep::next() {
  const SweepPlan::Target& target = plan_.targets_[target_++];
  if (step_ < target.steps) descend(target.steps);
  return target.slot < 0 ? unreached_ : slots_[static_cast<size_t>(target.slot)];
}

void Sweep::descend(int end) {
  const SweepPlan::Step* step = &plan_.steps_[static_cast<size_t>(step_)];
  const int* const arc_slot = plan_.arc_slot_.data();
  const double* const arc_down = plan_.arc_down_.data();
  Lanes* const slots = slots_.data();
  for (; step_ < end; ++step_, ++step) {
    const bool climbed = climbed_[next_climbed_] == step_;
    Lanes here = climbed ? climb_[next_climbed_] : unreached_;
    next_climbed_ -= climbed;
    const int last = step[1].first_arc;
    for (int arc = step[0].first_arc; arc < last; ++arc) shorten(here, slots[arc_slot[arc]], arc_down[arc]);
    slots[step->slot] = here;
  }
}

}  // namespace ppl::score
