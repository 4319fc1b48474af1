// What sits between encoder and decoder: pyramid pooling, or a cascade of dilated convolutions.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "engine/layers.h"

namespace ppl {

class CentreModule : public Module {
 public:
  virtual Tensor forward(const Tensor& x) const = 0;  // [N,H,W,C] -> [N,H,W,C or 2C]
};

// Pools to 1, 2, 3 and 6 cells a side, 1x1 to C/4, bilinear back, concatenated with the map; 1x1 to C, ReLU.
class PyramidPool : public CentreModule {
 public:
  explicit PyramidPool(int channels);
  Tensor forward(const Tensor& x) const override;

 private:
  struct Level : Module {  // state-dict name "<i>.1"; the pooling before it ("<i>.0") has no parameters
    explicit Level(int channels);
    Conv2d conv;
  };
  struct Levels : Module {
    explicit Levels(int channels);
    std::array<Level, 4> level;
  };
  Levels stages_;
  Conv2d bottleneck_;
};

// Cascade of 3x3 convolutions dilated 1, 2, 4, ..., whose ReLU outputs are summed with the input (D-LinkNet).
class DilatedSum : public CentreModule {
 public:
  DilatedSum(int channels, int count);
  Tensor forward(const Tensor& x) const override;

 private:
  std::vector<std::unique_ptr<Conv2d>> dilate_;
};

// The same cascade at a quarter of the channels, concatenated with the input.
class DilatedConcat : public CentreModule {
 public:
  explicit DilatedConcat(int channels);
  Tensor forward(const Tensor& x) const override;

 private:
  std::vector<std::unique_ptr<Conv2d>> dilate_;
};

}  // namespace ppl
