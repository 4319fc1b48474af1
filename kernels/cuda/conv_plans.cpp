#include "kernels/cuda/conv_plans.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ppl {
namespace {

constexpr size_t kMaxWorkspace = size_t{1} << 30;
// Engines for epilogues are compiled when they are planned, for seconds each: where two refuse, a pass does it.
constexpr int kEpilogueTries = 2;

// The first says what the library would have taken; the others seldom add to it.
void add(std::string& text, const std::vector<std::string>& refusals) {
  if (refusals.empty()) return;
  text += cat(text.empty() ? "" : "; ", refusals[0]);
  if (refusals.size() > 1) text += cat(" and ", refusals.size() - 1, " more");
}

void keep_first_fit(std::vector<ConvProposal>& proposals, int count) {
  const auto end = std::find_if(proposals.begin(), proposals.end(),
                                [&](const ConvProposal& p) { return p.unfit.empty() && count-- == 0; });
  proposals.erase(end, proposals.end());
}

struct Installed {
  ConvLibrary* library;
  std::unique_ptr<ConvPlans> plans;

  explicit Installed(ConvLibrary* l) : library(l), plans(l ? std::make_unique<ConvPlans>(*l) : nullptr) {}
};

bool is_set(const char* variable, const char* value) {
  const char* s = std::getenv(variable);
  return s && std::strcmp(s, value) == 0;
}

std::unique_ptr<Installed>& installed() {
  static auto* i = new std::unique_ptr<Installed>;  // outlives the driver's end
  return *i;
}

}  // namespace

ConvPlans::Choice& ConvPlans::choice(const ConvQuestion& q) {
  const auto [it, is_new] = choices_.try_emplace(q);
  Choice& c = it->second;
  if (is_new) {
    try {
      c.proposals = library_.proposals(q);
      if (q.has_epilogue()) keep_first_fit(c.proposals, kEpilogueTries);
      if (c.proposals.empty()) c.refusals.emplace_back("nothing is proposed");
    } catch (const Refused& e) {
      c.refusals.emplace_back(e.what());
    }
  }
  return c;
}

bool ConvPlans::take_next(Choice& c) {
  while (c.next < c.proposals.size()) {
    const ConvProposal& p = c.proposals[c.next++];
    if (!p.unfit.empty()) {
      c.unfit.push_back(cat(p.engine, " ", p.unfit));
      continue;
    }
    try {
      c.plan = p.plan();
    } catch (const Refused& e) {
      c.refusals.push_back(cat(p.engine, " refused: ", e.what()));
      continue;
    }
    c.engine = p.engine;
    if (c.plan->workspace() <= kMaxWorkspace) return true;
    c.refusals.push_back(cat(p.engine, " wants ", c.plan->workspace() >> 20, " MiB of workspace"));
    c.plan.reset();
  }
  return false;
}

bool ConvPlans::run(CudaContext& ctx, const ConvQuestion& q, const ConvArrays& arrays, std::string& refused) {
  Choice& c = choice(q);
  while (c.plan || take_next(c)) {
    const size_t bytes = c.plan->workspace();
    void* workspace = bytes ? ctx.scratch<char>(slot_library, bytes) : nullptr;
    try {
      c.plan->run(ctx, arrays, workspace);
    } catch (const Refused& e) {
      c.refusals.push_back(cat(c.engine, " refused to run: ", e.what()));
      c.plan.reset();
      continue;
    }
    add(refused, c.refusals);
    note_conv(q.call, c.engine + (q.has_epilogue() ? " with epilogue" : ""), bytes, refused);
    return true;
  }
  add(refused, c.refusals);
  add(refused, c.unfit);
  return false;
}

bool conv_by_library(CudaContext& ctx, const ConvQuestion& q, const ConvArrays& arrays, std::string& refused) {
  std::unique_ptr<Installed>& i = installed();
  if (!i) i = std::make_unique<Installed>(is_set("PPL_CUDNN", "0") ? nullptr : cudnn_conv_library());
  return i->plans && i->plans->run(ctx, q, arrays, refused);
}

bool& conv_epilogues_by_library() {
  static bool on = is_set("PPL_CUDNN_EPILOGUES", "1");
  return on;
}

void set_conv_library(std::optional<ConvLibrary*> library) {
  installed() = library ? std::make_unique<Installed>(*library) : nullptr;
}

}  // namespace ppl
