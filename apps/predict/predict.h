// Masks for a folder of pictures.
#pragma once

#include <optional>
#include <string>

#include "apps/common/weights.h"
#include "engine/tensor.h"

namespace ppl::apps {

struct PredictOptions {
  std::string weights, images, out;
  std::string network;              // for weights without metadata
  int views = 8;                    // 1, 4 or 8
  std::optional<double> threshold;  // of the mean probability, strictly greater; else the weights'
  DType precision = DType::f32;
  std::string format =
      "png";                  // of masks: png (1 bit; class numbers where there are several) or tif (georeference kept)
  std::string probabilities;  // "", png (8 bit) or tif (32-bit float): one file a class beside the mask
  int threads = 0;            // 0: all cores
  std::string device = "auto";  // auto, cuda or cpu
};

// Writes <id>_mask.* and, if asked, <id>_prob.* (<id>_prob<k>.* for several classes) into options.out.
// A tile that fails is named on stderr and does not stop the others; an Error that counts them comes at the end.
void predict_folder(const PredictOptions&);

}  // namespace ppl::apps
