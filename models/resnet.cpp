#include "models/resnet.h"

namespace ppl {
namespace {

constexpr NormOptions kNormRelu{.relu = true};
constexpr NormOptions kNormAddRelu{.relu = true, .residual = Residual::before_relu};

class BasicBlock : public ResidualBlock {
 public:
  BasicBlock(int in, int out, int stride, int dilation)
      : ResidualBlock(in, out, stride),
        conv1_(in, out, 3, {.stride = stride, .pad = dilation, .dilation = dilation}, false),
        bn1_(out),
        conv2_(out, out, 3, {.pad = dilation, .dilation = dilation}, false),
        bn2_(out) {
    child("conv1", conv1_);
    child("bn1", bn1_);
    child("conv2", conv2_);
    child("bn2", bn2_);
    register_downsample();
  }

  Tensor forward(const Tensor& x) const override {
    return conv2_.forward(conv1_.forward(x, bn1_, kNormRelu), bn2_, kNormAddRelu, identity(x));
  }

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
};

class Bottleneck : public ResidualBlock {
 public:
  Bottleneck(int in, int width, int stride)
      : ResidualBlock(in, 4 * width, stride),
        conv1_(in, width, 1, {}, false),
        bn1_(width),
        conv2_(width, width, 3, {.stride = stride, .pad = 1}, false),
        bn2_(width),
        conv3_(width, 4 * width, 1, {}, false),
        bn3_(4 * width) {
    child("conv1", conv1_);
    child("bn1", bn1_);
    child("conv2", conv2_);
    child("bn2", bn2_);
    child("conv3", conv3_);
    child("bn3", bn3_);
    register_downsample();
  }

  Tensor forward(const Tensor& x) const override {
    const Tensor y = conv2_.forward(conv1_.forward(x, bn1_, kNormRelu), bn2_, kNormRelu);
    return conv3_.forward(y, bn3_, kNormAddRelu, identity(x));
  }

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
  Conv2d conv3_;
  BatchNorm2d bn3_;
};

}  // namespace

EncoderSpec encoder_spec(Encoder e) {
  switch (e) {
    case Encoder::resnet34:
      return {{3, 4, 6, 3}, false};
    case Encoder::resnet50:
      return {{3, 4, 6, 3}, true};
    case Encoder::resnet101:
      return {{3, 4, 23, 3}, true};
  }
  throw Error("unknown encoder");
}

ResidualBlock::Downsample::Downsample(int in, int out, int stride)
    : conv(in, out, 1, {.stride = stride}, false), norm(out) {
  child("0", conv);
  child("1", norm);
}

ResidualBlock::ResidualBlock(int in, int out, int stride) {
  if (stride != 1 || in != out) downsample_ = std::make_unique<Downsample>(in, out, stride);
}

void ResidualBlock::register_downsample() {
  if (downsample_) child("downsample", *downsample_);
}

Tensor ResidualBlock::identity(const Tensor& x) const {
  return downsample_ ? downsample_->conv.forward(x, downsample_->norm, NormOptions{}) : x;
}

Stage::Stage(bool bottleneck, int in, int width, int blocks, int stride, const std::vector<int>& dilations) {
  PPL_CHECK(dilations.empty() || (!bottleneck && dilations.size() == static_cast<size_t>(blocks)),
            "stage: ", dilations.size(), " dilations for ", blocks,
            bottleneck ? " bottlenecks, which take none" : " blocks");
  for (int i = 0; i < blocks; ++i) {
    const int block_in = i == 0 ? in : width * (bottleneck ? 4 : 1), block_stride = i == 0 ? stride : 1;
    const int dilation = dilations.empty() ? 1 : dilations[static_cast<size_t>(i)];
    if (bottleneck)
      blocks_.push_back(std::make_unique<Bottleneck>(block_in, width, block_stride));
    else
      blocks_.push_back(std::make_unique<BasicBlock>(block_in, width, block_stride, dilation));
    child(std::to_string(i), *blocks_.back());
  }
}

Tensor Stage::forward(Tensor x) const {
  for (const auto& block : blocks_) x = block->forward(x);
  return x;
}

}  // namespace ppl
