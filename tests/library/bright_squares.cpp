// The engine as a library: a small network of one's own learns to mark the bright square of a noisy image, is saved
// and loaded in memory, and marks a square that it never saw. A network that nobody initialised is refused.
#include <cstdio>
#include <sstream>

#include "engine/layers.h"
#include "models/losses.h"
#include "models/state_dict.h"
#include "models/training/trainer.h"

namespace {

// Two 3x3 convolutions with a batch norm between them: [N,H,W,1] -> logits [N,H,W,1].
class SmallNetwork : public ppl::Module {
 public:
  SmallNetwork() : conv_(1, 8, 3, {.pad = 1}, /*bias=*/false), norm_(8), last_(8, 1, 3, {.pad = 1}) {
    child("conv", conv_);
    child("norm", norm_);
    child("last", last_);
  }

  ppl::Tensor forward(const ppl::Tensor& x) const { return last_.forward(conv_.forward(x, norm_, {.relu = true})); }

 private:
  ppl::Conv2d conv_;
  ppl::BatchNorm2d norm_;
  ppl::Conv2d last_;
};

struct Batch {
  ppl::Tensor images, targets;  // [N,H,W,1] f32 and u8
};

Batch noisy_squares(ppl::Random& random) {
  constexpr int64_t n = 4, side = 32, square = 12;
  Batch b{ppl::Tensor::empty({n, side, side, 1}), ppl::Tensor::zeros({n, side, side, 1}, ppl::DType::u8)};
  for (int64_t i = 0; i < n; ++i) {
    const int64_t top = random.integer(0, side - square), left = random.integer(0, side - square);
    for (int64_t p = 0; p < side * side; ++p) {
      const bool inside = p / side >= top && p / side < top + square && p % side >= left && p % side < left + square;
      b.targets.data<uint8_t>()[i * side * side + p] = inside;
      b.images.data<float>()[i * side * side + p] = static_cast<float>(0.7 * random.normal() + (inside ? 1 : -1));
    }
  }
  return b;
}

double share_right(const ppl::Tensor& logits, const ppl::Tensor& targets) {
  int64_t right = 0;
  for (int64_t i = 0; i < logits.size(); ++i) right += (logits.data<float>()[i] > 0) == targets.data<uint8_t>()[i];
  return static_cast<double>(right) / static_cast<double>(logits.size());
}

}  // namespace

// The first forward pass of a network whose weights are still zeros.
bool is_refused(const SmallNetwork& network, const ppl::Tensor& images) {
  try {
    network.forward(images);
  } catch (const ppl::Error& e) {
    std::printf("refused: %s\n", e.what());
    return true;
  }
  return false;
}

int main() {
  ppl::Random random(1);
  SmallNetwork network;
  const bool refused = is_refused(network, noisy_squares(random).images);
  network.initialize(random);
  ppl::Trainer trainer(network, [&](const ppl::Tensor& images) { return network.forward(images); },
                       {ppl::make_loss("bce"), {}});
  float first = 0, last = 0;
  for (int step = 0; step < 150; ++step) {
    const Batch batch = noisy_squares(random);
    (step == 0 ? first : last) = trainer.step(batch.images, batch.targets, 0.01);
  }

  SmallNetwork copy;
  ppl::load_state_dict(copy, ppl::state_dict(network));
  copy.train(false);
  const Batch unseen = noisy_squares(random);
  const double right = share_right(copy.forward(unseen.images), unseen.targets);
  std::printf("loss %.3f -> %.3f, %.1f %% of the pixels of unseen images are right\n", first, last, 100 * right);
  return refused && last < first / 2 && right > 0.9 ? 0 : 1;
}
