// What a training run is told: a JSON file, with any value overridden on the command line.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/optimizer.h"
#include "engine/schedule.h"

namespace ppl::apps {

struct NetworkConfig {
  std::string name = "pp_linknet34_psp64";
  int bands = 3, classes = 1;
};

struct StageConfig {
  std::string name = "stage";
  std::string train;       // folder of <id>_sat.* and <id>_mask.png, or a packed file
  std::string validation;  // the same; empty for none
  std::string loss = "focal";
  OptimizerOptions optimizer;
  double rate = 2e-4;
  ScheduleOptions schedule;
  int epochs = 90;
  int crop = 1024;
  int batch = 8;
  bool augment = true;
  bool drop_last = true;           // leave out the last batch of an epoch where it is not full
  std::string monitor = "auto";    // what the best epoch is: validation_iou, training_loss, or auto: the first where
                                   // there is a validation folder
  int patience = 6;                // stop after more epochs in a row than this without a better monitor; 0: never
  double threshold = 0.25;         // of the mean probability, strictly greater
  int views = 1;                   // of validation: 1, 4 or 8
  int validate_every = 1;          // epochs; the last one always
  std::string bad_tiles = "stop";  // or skip: tiles without a mask, of a wrong size or undecodable
};

struct CheckpointConfig {
  double every_minutes = 5;  // 0: not by time
  int every_steps = 0;       // 0: not by steps
  int keep = 2;              // of the newest
};

struct TrainConfig {
  std::string run = "runs/train";  // folder for weights and logs
  uint64_t seed = 0;
  NetworkConfig network;
  nlohmann::json input =
      nlohmann::json::object();   // bands, stretch, mean, std, ground sample distance: see io/input_spec.h
  std::string precision = "f32";  // of activations: f32 or bf16
  std::string initial_weights;    // a weights file of the same network
  std::string encoder_weights;    // torchvision's ResNet as safetensors
  int workers = 2;                // threads that read and augment tiles
  int threads = 0;                // of the computation; 0: all cores
  CheckpointConfig checkpoint;
  std::vector<StageConfig> stages;
};

// Error naming the key and the nearest known one, or the type expected, or the value out of range.
TrainConfig parse_config(const nlohmann::json&);
nlohmann::json to_json(const TrainConfig&);  // every value, defaults too

// "stages.0.epochs=3": the value is JSON where it parses as such, else a string.
void override_value(nlohmann::json&, const std::string& assignment);

}  // namespace ppl::apps
