// Encoder stages of ResNet-34, 50 and 101.
#pragma once

#include <memory>
#include <vector>

#include "engine/layers.h"

namespace ppl {

enum class Encoder { resnet34, resnet50, resnet101 };

// Blocks in each of the four stages, and what one block does.
struct EncoderSpec {
  int blocks[4];
  bool bottleneck;  // 1x1, 3x3, 1x1 with four times the channels; else two 3x3

  int channels(int stage) const { return (64 << stage) * (bottleneck ? 4 : 1); }  // stage 0..3
};
EncoderSpec encoder_spec(Encoder);

class ResidualBlock : public Module {
 public:
  virtual Tensor forward(const Tensor& x) const = 0;

 protected:
  ResidualBlock(int in, int out, int stride);
  void register_downsample();
  Tensor identity(const Tensor& x) const;

 private:
  struct Downsample : Module {
    Downsample(int in, int out, int stride);
    Conv2d conv;
    BatchNorm2d norm;
  };
  std::unique_ptr<Downsample> downsample_;
};

class Stage : public Module {
 public:
  // width: channels of the 3x3 convolutions; dilations: one per block, or empty for none.
  Stage(bool bottleneck, int in, int width, int blocks, int stride, const std::vector<int>& dilations = {});
  Tensor forward(Tensor x) const;

 private:
  std::vector<std::unique_ptr<ResidualBlock>> blocks_;
};

}  // namespace ppl
