// One network, or several whose probabilities are averaged.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/common/weights.h"
#include "apps/predict/options.h"
#include "io/image/image.h"
#include "models/inference/mean_probability.h"

namespace ppl::apps {

class Ensemble {
 public:
  // Error where the networks differ in classes, bands or stretch; mean and deviation may differ.
  explicit Ensemble(const PredictOptions&);

  const InputSpec& input() const { return members_.front().info.input; }
  int classes() const { return members_.front().info.classes; }
  double threshold() const { return threshold_; }                // of the mean probability
  std::vector<std::string> networks() const;                     // by name
  const std::vector<double>& shares() const { return shares_; }  // of each in the mean; they sum to 1

  // How many batches should be under way while another is begun (MeanProbability::ahead).
  size_t ahead() const { return mean_->ahead(); }
  // 8-bit images of one size, as read_input gives them. valid: empty, or for each image null or [height, width]
  // where 0 is no data, which the networks see as the mean. Both may go when it returns.
  void begin(const std::vector<const Image*>& images, const std::vector<const std::vector<uint8_t>*>& valid);
  // Of the oldest batch that was begun: f32 [N,H,W,classes], mean probabilities. Error where one is not a number.
  Tensor finish();

 private:
  struct Member {
    std::unique_ptr<LinkNet> network;
    WeightsInfo info;
  };
  std::vector<Member> members_;
  std::unique_ptr<MeanProbability> mean_;
  std::vector<double> shares_;
  double threshold_ = 0;
};

}  // namespace ppl::apps
