#include "engine/optimizer.h"

#include <algorithm>
#include <cmath>

#include "engine/dispatch.h"
#include "engine/nearest_name.h"
#include "kernels/adam.h"
#include "kernels/clip.h"
#include "kernels/profile_range.h"
#include "kernels/sgd.h"
#include "kernels/sum_of_squares.h"

namespace ppl {

std::vector<std::string> optimizer_names() { return {"adam", "adamw", "sgd"}; }

Optimizer::Optimizer(Arena& arena, const OptimizerOptions& o, int64_t front)
    : arena_(arena),
      options_(o),
      front_(front),
      scalars_(Tensor::zeros({4}, DType::f32, arena.values.device())),
      squares_(Tensor::zeros({sizeof(double)}, DType::u8, arena.values.device())) {
  const std::vector<std::string> known = optimizer_names();
  PPL_CHECK(std::find(known.begin(), known.end(), o.name) != known.end(), "no optimizer is called '", o.name,
            "'; the nearest is ", nearest_name(o.name, known));
  first_ = Tensor::zeros(arena.values.shape(), DType::f32, arena.values.device());
  if (o.name != "sgd") second_ = Tensor::zeros(arena.values.shape(), DType::f32, arena.values.device());
}

void Optimizer::measure_gradients() {
  on(arena_.values.device(), [&](auto& ctx) {
    sum_of_squares(ctx, arena_.gradients.size(), arena_.gradients.data<float>(), static_cast<double*>(squares_.raw()));
  });
}

void Optimizer::step(double rate, bool without_front) {
  const ProfileRange range("optimizer");
  arena_.complete_gradients();
  if (options_.clip_norm > 0) measure_gradients();
  const int64_t size = arena_.gradients.size();
  ++steps_.rest;
  if (!without_front) ++steps_.front;
  if (!without_front && steps_.front == steps_.rest) {
    update(0, size, steps_.rest, rate);
  } else {
    if (!without_front) update(0, front_, steps_.front, rate);
    update(front_, size, steps_.rest, rate);
  }
  arena_.touch();
  arena_.clear_gradients();
}

// Elements [begin, end) of the arena.
void Optimizer::update(int64_t begin, int64_t end, int64_t steps, double rate) {
  const auto t = static_cast<double>(steps);
  scalars_.assign({static_cast<float>(rate), static_cast<float>(1 - std::pow(options_.beta1, t)),
                   static_cast<float>(1 - std::pow(options_.beta2, t)), 1});
  const int64_t n = end - begin;
  float* s = scalars_.data<float>();
  const float* grad = arena_.gradients.data<float>() + begin;
  float *values = arena_.values.data<float>() + begin, *first = first_.data<float>() + begin;
  const auto decay = static_cast<float>(options_.weight_decay);
  on(arena_.values.device(), [&](auto& ctx) {
    if (options_.clip_norm > 0) clip(ctx, options_.clip_norm, static_cast<const double*>(squares_.raw()), s + 3);
    if (options_.name != "sgd") {
      const AdamOptions o{static_cast<float>(options_.beta1), static_cast<float>(options_.beta2),
                          static_cast<float>(options_.epsilon), decay, options_.name == "adamw"};
      adam(ctx, o, n, s, grad, values, first, second_.data<float>() + begin);
    } else {
      sgd(ctx, {static_cast<float>(options_.momentum), decay}, n, s, grad, values, first);
    }
  });
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> all{{"first", first_}};
  if (second_.defined()) all["second"] = second_;
  return all;
}

}  // namespace ppl
