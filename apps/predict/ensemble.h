// One network, or several whose probabilities are averaged.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/common/weights.h"
#include "apps/predict/options.h"
#include "io/image.h"
#include "models/inference/views.h"

namespace ppl::apps {

class Ensemble {
 public:
  // Error where the networks differ in classes, bands or stretch; mean and deviation may differ.
  explicit Ensemble(const PredictOptions&);

  const InputSpec& input() const { return members_.front().info.input; }
  int classes() const { return members_.front().info.classes; }
  double threshold() const { return threshold_; }  // of the mean probability

  // 8-bit pictures of one size, as read_input gives them. valid: null, or for each picture [height, width] where 0 is
  // no data, which the networks see as the mean. -> f32 [N,H,W,classes], mean probabilities.
  Tensor probability(const std::vector<const Image*>& pictures,
                     const std::vector<const std::vector<uint8_t>*>& valid = {}) const;

 private:
  struct Member {
    std::unique_ptr<LinkNet> network;
    WeightsInfo info;
    double share;
    std::vector<std::array<float, 256>> tables;
    std::unique_ptr<RepeatedViews> views;
  };
  std::vector<Member> members_;
  double threshold_;
  int views_;
  DType precision_;
};

// 0 where no class passes the threshold, else 1 + the class of the highest probability; [height, width, classes].
std::vector<uint8_t> class_numbers(const float* probability, int64_t pixels, int classes, double threshold);

}  // namespace ppl::apps
