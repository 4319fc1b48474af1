// The PP-LinkNet family: ResNet encoder, optional centre, LinkNet decoder with additive skips, full-resolution head.
// Names of parts are those of the published checkpoints.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "models/centre.h"
#include "models/decoder.h"
#include "models/resnet.h"

namespace ppl {

enum class Centre { none, pyramid, dilated4, dilated5, dilated_context };

struct NetworkSpec {
  Encoder encoder = Encoder::resnet34;
  Centre centre = Centre::pyramid;
  int stride3 = 2, stride4 = 2;  // of encoder stages 3 and 4
  bool hybrid_dilation = false;  // stage 3 dilated 1,2,5,1,2,5 and stage 4 1,2,5
  int bands = 3, classes = 1;
};

class LinkNet : public Module {
 public:
  explicit LinkNet(const NetworkSpec&);

  // x [N,H,W,bands] f32 or bf16, H and W multiples of 32 -> logits [N,H,W,classes] of the same type.
  Tensor forward(const Tensor& x) const;

  // Call after initialize(): an untrained network then answers everywhere with about the prior, the share of pixels
  // that class k has at prior[k], within 0 and 1: the last layer's weights shrink to a tenth and its bias becomes log(p
  // / (1 - p)) (the prior of Lin et al. 2017, Focal Loss, 4.1). Error where the number of classes differs.
  void start_from_prior(std::span<const double> prior);

  const NetworkSpec spec;

 private:
  Tensor head(const Tensor& x) const;

  Conv2d firstconv_;
  BatchNorm2d firstbn_;
  Stage encoder1_, encoder2_, encoder3_, encoder4_;
  std::unique_ptr<CentreModule> dblock_;
  DecoderBlock decoder4_, decoder3_, decoder2_, decoder1_;
  ConvTranspose2d finaldeconv1_;
  Conv2d finalconv2_, finalconv3_;
};

}  // namespace ppl
