#include "engine/optimizer.h"

#include <array>
#include <cmath>

#include "engine/dispatch.h"
#include "engine/nearest_name.h"
#include "kernels/adam.h"
#include "kernels/sgd.h"
#include "kernels/sum_of_squares.h"

namespace ppl {

std::vector<std::string> optimizer_names() { return {"adam", "sgd"}; }

Optimizer::Optimizer(Arena& arena, const OptimizerOptions& o)
    : arena_(arena), options_(o), scalars_(Tensor::zeros({4})) {
  PPL_CHECK(o.name == "adam" || o.name == "sgd", "no optimizer is called '", o.name, "'; the nearest is ",
            nearest_name(o.name, optimizer_names()));
  first_ = Tensor::zeros(arena.values.shape());
  if (o.name == "adam") second_ = Tensor::zeros(arena.values.shape());
}

double Optimizer::step(double rate) {
  arena_.complete_gradients();
  ++steps_;
  const int64_t n = arena_.values.size();
  const float* grad = arena_.gradients.data<float>();
  float* values = arena_.values.data<float>();
  const auto decay = static_cast<float>(options_.weight_decay);
  double norm = 0, scale = 1;
  on(arena_.values.device(), [&](auto& ctx) {
    if (options_.clip_norm > 0) {
      double squares = 0;
      sum_of_squares(ctx, n, grad, &squares);
      norm = std::sqrt(squares);
      scale = std::min(1.0, options_.clip_norm / (norm + 1e-6));  // PyTorch's clip_grad_norm_
    }
    float* s = scalars_.data<float>();
    s[0] = static_cast<float>(rate);
    if (options_.name == "adam") {
      const auto t = static_cast<double>(steps_);
      s[1] = static_cast<float>(1 - std::pow(options_.beta1, t));
      s[2] = static_cast<float>(1 - std::pow(options_.beta2, t));
      s[3] = static_cast<float>(scale);
      const AdamOptions o{static_cast<float>(options_.beta1), static_cast<float>(options_.beta2),
                          static_cast<float>(options_.epsilon), decay};
      adam(ctx, o, n, s, grad, values, first_.data<float>(), second_.data<float>());
    } else {
      s[1] = static_cast<float>(scale);
      sgd(ctx, {static_cast<float>(options_.momentum), decay}, n, s, grad, values, first_.data<float>());
    }
  });
  arena_.touch();
  arena_.clear_gradients();
  return norm;
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> all{{"first", first_}};
  if (second_.defined()) all["second"] = second_;
  return all;
}

}  // namespace ppl
