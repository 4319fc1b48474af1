#include "models/linknet.h"

#include <cmath>

#include "kernels/profile_range.h"

namespace ppl {
namespace {

constexpr int kHeadChannels = 32;

Stage make_stage(const NetworkSpec& s, int index) {
  const EncoderSpec e = encoder_spec(s.encoder);
  PPL_CHECK(!s.hybrid_dilation || !e.bottleneck, "network: hybrid dilation is for encoders of two 3x3 convolutions a ",
            "block (resnet34), not for bottlenecks");
  const int in = index == 0 ? 64 : e.channels(index - 1);
  const int stride = index == 0 ? 1 : index == 1 ? 2 : index == 2 ? s.stride3 : s.stride4;
  std::vector<int> dilations;
  if (s.hybrid_dilation && index == 2) dilations = {1, 2, 5, 1, 2, 5};
  if (s.hybrid_dilation && index == 3) dilations = {1, 2, 5};
  return Stage(e.bottleneck, in, 64 << index, e.blocks[index], stride, dilations);
}

std::unique_ptr<CentreModule> make_centre(const NetworkSpec& s) {
  const int channels = encoder_spec(s.encoder).channels(3);
  switch (s.centre) {
    case Centre::none:
      return nullptr;
    case Centre::pyramid:
      return std::make_unique<PyramidPool>(channels);
    case Centre::dilated4:
      return std::make_unique<DilatedSum>(channels, 4);
    case Centre::dilated5:
      return std::make_unique<DilatedSum>(channels, 5);
    case Centre::dilated_context:
      return std::make_unique<DilatedConcat>(channels);
  }
  throw Error("unknown centre");
}

int channels_of(const NetworkSpec& s, int stage) { return encoder_spec(s.encoder).channels(stage); }
int centre_channels(const NetworkSpec& s) { return channels_of(s, 3) * (s.centre == Centre::dilated_context ? 2 : 1); }

// LinkNet's own head leaves out padding and ends in a 2x2 window; the others pad everywhere.
bool unpadded_head(const NetworkSpec& s) { return s.centre == Centre::none; }

}  // namespace

LinkNet::LinkNet(const NetworkSpec& s)
    : spec(s),
      firstconv_(s.bands, 64, 7, {.stride = 2, .pad = 3}, false),
      firstbn_(64),
      encoder1_(make_stage(s, 0)),
      encoder2_(make_stage(s, 1)),
      encoder3_(make_stage(s, 2)),
      encoder4_(make_stage(s, 3)),
      dblock_(make_centre(s)),
      decoder4_(centre_channels(s), channels_of(s, 2), s.stride4 == 2),
      decoder3_(channels_of(s, 2), channels_of(s, 1), s.stride3 == 2),
      decoder2_(channels_of(s, 1), channels_of(s, 0), true),
      decoder1_(channels_of(s, 0), channels_of(s, 0), true),
      finaldeconv1_(channels_of(s, 0), kHeadChannels, unpadded_head(s) ? 3 : 4,
                    {.stride = 2, .pad = unpadded_head(s) ? 0 : 1}),
      finalconv2_(kHeadChannels, kHeadChannels, 3, {.pad = unpadded_head(s) ? 0 : 1}),
      finalconv3_(kHeadChannels, s.classes, unpadded_head(s) ? 2 : 3, {.pad = 1}) {
  child("firstconv", firstconv_);
  child("firstbn", firstbn_);
  child("encoder1", encoder1_);
  child("encoder2", encoder2_);
  child("encoder3", encoder3_);
  child("encoder4", encoder4_);
  if (dblock_) child("dblock", *dblock_);
  child("decoder4", decoder4_);
  child("decoder3", decoder3_);
  child("decoder2", decoder2_);
  child("decoder1", decoder1_);
  child("finaldeconv1", finaldeconv1_);
  child("finalconv2", finalconv2_);
  child("finalconv3", finalconv3_);
}

void LinkNet::start_from_prior(std::span<const double> prior) {
  PPL_CHECK(std::ssize(prior) == spec.classes, "a prior of ", prior.size(), " classes for a network of ", spec.classes);
  std::vector<float> weights = finalconv3_.weight.to_host(), bias;
  for (float& w : weights) w *= 0.1f;
  for (const double p : prior) {
    PPL_CHECK(p > 0 && p < 1, "a prior must lie between 0 and 1, not be ", p);
    bias.push_back(static_cast<float>(std::log(p / (1 - p))));
  }
  finalconv3_.weight.assign(weights);
  finalconv3_.bias.assign(bias);
}

Tensor LinkNet::head(const Tensor& x) const {
  return finalconv3_.forward(finalconv2_.forward(finaldeconv1_.forward(x, true), true));
}

Tensor LinkNet::forward(const Tensor& x) const {
  const ProfileRange range("forward");
  PPL_CHECK(x.rank() == 4 && x.dim(3) == spec.bands && x.dim(1) % 32 == 0 && x.dim(2) % 32 == 0 && x.size() > 0,
            "network: expected [N,H,W,", spec.bands, "] with H and W multiples of 32, got ", to_string(x.shape()));
  const Tensor stem = max_pool(firstconv_.forward(x, firstbn_, {.relu = true}), 3, 2, 1);
  const Tensor e1 = encoder1_.forward(stem);
  const Tensor e2 = encoder2_.forward(e1);
  const Tensor e3 = encoder3_.forward(e2);
  const Tensor e4 = encoder4_.forward(e3);
  const Tensor centre = dblock_ ? dblock_->forward(e4) : e4;
  const Tensor d4 = decoder4_.forward(centre, e3);
  const Tensor d3 = decoder3_.forward(d4, e2);
  const Tensor d2 = decoder2_.forward(d3, e1);
  return head(decoder1_.forward(d2));
}

}  // namespace ppl
