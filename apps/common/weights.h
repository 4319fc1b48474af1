// Weights files: parameters under the published names, and in the metadata all that prediction needs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/named_arrays.h"
#include "io/tiles/input_spec.h"
#include "models/linknet.h"

namespace ppl::apps {

struct WeightsInfo {
  std::string network;
  int bands = 3, classes = 1;
  InputSpec input;
  double threshold = 0.25;             // of the mean probability over views
  std::map<int, double> thresholds{};  // the same by the number of views, as chosen on validation tiles; may be empty
  double threshold_of(int views) const;
};

// Of a file's metadata; empty where it has none. Error where they are no probabilities.
std::map<int, double> thresholds_of(const NamedArrays&);

// What save_weights puts into the file's metadata.
std::map<std::string, std::string> metadata_of(const WeightsInfo&);

// Safetensors, written whole or not at all.
void save_weights(const std::string& path, const LinkNet&, const WeightsInfo&);

struct LoadedNetwork {
  std::unique_ptr<LinkNet> network;  // in evaluation mode
  WeightsInfo info;
};

// Safetensors or a PyTorch file. network: the name to use where the file has no metadata (published weights); must
// agree with it where it has. Empty: the only network that fits, see recognize.h.
LoadedNetwork load_weights(const std::string& path, const std::string& network = "");

struct LoadedStart {
  int classes = 0;                 // of the file's last layer
  std::optional<InputSpec> input;  // of the file's metadata
};

// Safetensors or a PyTorch file into a network, as a training's start; a last layer of another number of classes is
// left as it is. Error naming the file where something does not fit, or where its metadata say that it is of another
// network than `name`, whatever the shapes.
LoadedStart load_start(const LinkNet&, const std::string& name, const std::string& path);

// torchvision's ResNet: stem and encoder only.
void load_encoder(const LinkNet&, const std::string& path);

}  // namespace ppl::apps
