// What is said of an ONNX model that takes images as they are: to QGIS' Deepness plugin, and to catalogues.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/common/weights.h"
#include "models/onnx/export.h"

namespace ppl::weights {

struct WholeModel {
  apps::WeightsInfo info;
  std::string weights_name, weights_hash;  // of the file that the model was made from
  std::vector<std::string> classes;        // names, the background's not among them; empty: of our own
  int64_t batch = 1, size = 512;           // batch 0: free
  bool bytes = false;                      // images are u8; else floats from 0 to 1
};

// Error where the weights read more than 8 bits a value, or where there are not as many names as classes.
OnnxOptions onnx_options_of(const WholeModel&);

// The model's metadata. Keys of Deepness, each a text in JSON as its src/deepness/processing/models/model_base.py reads
// them: model_type, class_names, resolution (centimetres), tile_size (its code) and tiles_size (its documents),
// tiles_overlap (percent), seg_thresh, seg_small_segment, standardization_mean and _std (none left to do). Of ours:
// network, threshold, weights, weights_hash.
std::map<std::string, std::string> whole_metadata(const WholeModel&);

// A STAC Item (1.1.0) of the extension Machine Learning Model 1.3.0, for the file `model` of `bytes` bytes beside it.
std::string stac_item(const WholeModel&, const std::string& model, int64_t bytes, int64_t parameters);

}  // namespace ppl::weights
