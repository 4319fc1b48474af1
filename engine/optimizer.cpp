#include "engine/optimizer.h"

#include <algorithm>
#include <cmath>

#include "engine/dispatch.h"
#include "engine/nearest_name.h"
#include "engine/storage.h"
#include "kernels/adam.h"
#include "kernels/profile_range.h"
#include "kernels/sgd.h"
#include "kernels/sum_of_squares.h"

namespace ppl {

std::vector<std::string> optimizer_names() { return {"adam", "sgd"}; }

Optimizer::Optimizer(Arena& arena, const OptimizerOptions& o, int64_t front)
    : arena_(arena),
      options_(o),
      front_(front),
      scalars_(Tensor::zeros({4}, DType::f32, arena.values.device())),
      squares_(Tensor::zeros({sizeof(double)}, DType::u8, arena.values.device())) {
  PPL_CHECK(o.name == "adam" || o.name == "sgd", "no optimizer is called '", o.name, "'; the nearest is ",
            nearest_name(o.name, optimizer_names()));
  first_ = Tensor::zeros(arena.values.shape(), DType::f32, arena.values.device());
  if (o.name == "adam") second_ = Tensor::zeros(arena.values.shape(), DType::f32, arena.values.device());
}

double Optimizer::gradient_norm() {
  on(arena_.values.device(), [&](auto& ctx) {
    sum_of_squares(ctx, arena_.gradients.size(), arena_.gradients.data<float>(),
                   reinterpret_cast<double*>(squares_.data<uint8_t>()));
  });
  double squares = 0;
  copy_bytes(Device::cpu, &squares, squares_.device(), squares_.raw(), sizeof squares);
  return std::sqrt(squares);
}

double Optimizer::step(double rate, bool without_front) {
  const ProfileRange range("optimizer");
  arena_.complete_gradients();
  double norm = 0, scale = 1;
  if (options_.clip_norm > 0) {
    norm = gradient_norm();
    scale = std::min(1.0, options_.clip_norm / (norm + 1e-6));  // PyTorch's clip_grad_norm_
  }
  const int64_t size = arena_.gradients.size();
  ++steps_.rest;
  if (!without_front) ++steps_.front;
  if (!without_front && steps_.front == steps_.rest) {
    update(0, size, steps_.rest, rate, scale);
  } else {
    if (!without_front) update(0, front_, steps_.front, rate, scale);
    update(front_, size, steps_.rest, rate, scale);
  }
  arena_.touch();
  arena_.clear_gradients();
  return norm;
}

// Elements [begin, end) of the arena.
void Optimizer::update(int64_t begin, int64_t end, int64_t steps, double rate, double scale) {
  const auto t = static_cast<double>(steps);
  scalars_.assign({static_cast<float>(rate), static_cast<float>(1 - std::pow(options_.beta1, t)),
                   static_cast<float>(1 - std::pow(options_.beta2, t)), static_cast<float>(scale)});
  const int64_t n = end - begin;
  const float *s = scalars_.data<float>(), *grad = arena_.gradients.data<float>() + begin;
  float *values = arena_.values.data<float>() + begin, *first = first_.data<float>() + begin;
  const auto decay = static_cast<float>(options_.weight_decay);
  on(arena_.values.device(), [&](auto& ctx) {
    if (options_.name == "adam") {
      const AdamOptions o{static_cast<float>(options_.beta1), static_cast<float>(options_.beta2),
                          static_cast<float>(options_.epsilon), decay};
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
