// Weights in from other programs, and out to them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/common/output.h"
#include "apps/common/weights.h"
#include "engine/named_arrays.h"

namespace ppl::weights {

struct ImportOptions {
  std::string from, to;
  std::string network;  // empty: told by the arrays, where only one network fits them
  std::string input;    // file with an InputSpec as `tiles stats` prints it; empty: the file's own, else the published
  std::optional<double> threshold;
  std::string key;  // of the state dict in a PyTorch file with several
  apps::Existing existing = apps::Existing::fail;
};

// A PyTorch file or safetensors as our weights file. torchvision's ResNets become encoders to start training from.
// Error naming the file where no network or several fit. Returns what it is now: a network's name, or "encoder".
std::string import_weights(const ImportOptions&);

struct ExportOptions {
  std::string from, to;
  std::string network;  // for weights without metadata
  bool onnx = false;
  int64_t batch = 1, height = 512, width = 512;  // of ONNX models; 0: free
  bool whole = false;                            // images in, probabilities out; a STAC Item beside the model
  bool bytes = false;                            // of whole models: images are u8, not floats from 0 to 1
  std::vector<std::string> classes;              // names for whole models, the background's not among them
  std::string prefix;                            // before each name in safetensors, such as "module."
  apps::Existing existing = apps::Existing::fail;
};

// m.onnx -> m.stac.json
std::string stac_item_beside(const std::string& model);

// Safetensors under PyTorch's names and in its order of extents, or an ONNX model.
void export_weights(const ExportOptions&);

}  // namespace ppl::weights
