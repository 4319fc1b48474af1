#include "engine/tape.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/ops.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

thread_local bool gradients_on = true;
thread_local uint64_t next_sequence = 0;
std::function<void(const Tensor&)> completion_hook;

}  // namespace

bool grad_enabled() { return gradients_on; }
NoGrad::NoGrad() : before_(gradients_on) { gradients_on = false; }
NoGrad::~NoGrad() { gradients_on = before_; }
void on_gradient_complete(std::function<void(const Tensor&)> hook) { completion_hook = std::move(hook); }

// Access to what Tensor hides.
struct Tape {
  using Impl = Tensor::Impl;
  static Impl* impl(const Tensor& t) { return t.impl_.get(); }

  // Everything that requires a gradient below the root, and how many recorded ops use each.
  static std::vector<Tensor> reachable(const Tensor& root, std::unordered_map<Impl*, int>& uses) {
    std::vector<Tensor> all{root};
    std::unordered_set<Impl*> seen{impl(root)};
    for (size_t i = 0; i < all.size(); ++i) {
      const Tensor here = all[i];
      if (!impl(here)->node) continue;
      for (const Tensor& in : impl(here)->node->inputs) {
        if (!in.defined() || !in.requires_grad()) continue;
        ++uses[impl(in)];
        if (seen.insert(impl(in)).second) all.push_back(in);
      }
    }
    return all;
  }

  static void accumulate(const Tensor& t, Tensor g, const char* op) {
    Impl* p = impl(t);
    PPL_CHECK(g.shape() == p->shape, op, ": gradient of shape ", to_string(g.shape()), " for an input of shape ",
              to_string(p->shape));
    if (!p->grad.defined()) {
      p->grad = std::move(g);
      return;
    }
    // Another op may still hold the first gradient (a residual's is its output's): only then a new tensor is needed.
    const bool ours = p->grad.same_storage(p->grad_slot) || p->grad.impl_.use_count() == 1;
    if (ours) {
      add_into(p->grad, g);
    } else {
      NoGrad off;
      p->grad = add(p->grad, g);
    }
  }

  static void finish_leaf(const Tensor& leaf) {
    Impl* p = impl(leaf);
    if (p->grad_slot.defined() && p->grad.defined() && !p->grad.same_storage(p->grad_slot)) {
      copy_into(p->grad_slot, p->grad);
      p->grad = p->grad_slot;
      p->grad_slot_taken = true;
    }
    if (completion_hook) completion_hook(leaf);
  }
};

Tensor record(const char* op, std::vector<Tensor> inputs, Tensor y, Backward backward) {
  if (!gradients_on) return y;
  const bool needed =
      std::any_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.defined() && t.requires_grad(); });
  if (!needed) return y;
  Tape::impl(y)->requires_grad = true;
  Tape::impl(y)->node = std::make_unique<Node>(Node{op, next_sequence++, std::move(inputs), std::move(backward)});
  return y;
}

Tensor gradient_target(const Tensor& w) {
  auto* p = Tape::impl(w);
  if (!p->grad_slot.defined() || p->grad_slot_taken || p->grad.defined())
    return Tensor::empty(w.shape(), DType::f32, w.device());
  p->grad_slot_taken = true;
  return p->grad_slot;
}

void Tensor::backward() const {
  const ProfileRange range("backward");
  PPL_CHECK(size() == 1, "backward starts at a scalar, not at ", to_string(shape()));
  PPL_CHECK(requires_grad(), "backward of a tensor that depends on nothing that requires a gradient");
  std::unordered_map<Impl*, int> uses;
  std::vector<Tensor> order = Tape::reachable(*this, uses);
  std::erase_if(order, [](const Tensor& t) { return !Tape::impl(t)->node; });
  std::sort(order.begin(), order.end(), [](const Tensor& a, const Tensor& b) {
    return Tape::impl(a)->node->sequence > Tape::impl(b)->node->sequence;
  });

  impl_->grad = full(shape(), 1.0f, dtype(), device());
  for (Tensor& t : order) {
    Impl* p = Tape::impl(t);
    const std::unique_ptr<Node> node = std::move(p->node);
    std::vector<Tensor> grads;
    if (p->grad.defined()) {
      const Tensor dy = std::move(p->grad);
      p->grad = {};
      const ProfileRange range(node->op);
      grads = node->backward(dy);
    }
    node->backward = nullptr;  // lets go of what the op saved
    PPL_CHECK(grads.empty() || grads.size() == node->inputs.size(), node->op, ": ", grads.size(), " gradients for ",
              node->inputs.size(), " inputs");
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      const Tensor& in = node->inputs[i];
      if (!in.defined() || !in.requires_grad()) continue;
      if (!grads.empty() && grads[i].defined()) Tape::accumulate(in, std::move(grads[i]), node->op);
      if (--uses[Tape::impl(in)] == 0 && !Tape::impl(in)->node) Tape::finish_leaf(in);
    }
    t = {};
  }
}

}  // namespace ppl
