// What a training run is told: a JSON file, with any value overridden on the command line.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/optimizer.h"
#include "engine/schedule.h"
#include "io/tiles/augment.h"

namespace ppl::apps {

struct NetworkConfig {
  std::string name = "pp_linknet34_psp64";
  int bands = 3, classes = 1;
  // Where a last layer begins that has no weights yet: prior (LinkNet::start_from_prior) or published, the layer's own
  // initialisation.
  std::string start = "prior";
  std::vector<double> prior;  // the share of pixels of each class; empty: counted in the stage's training masks
};

struct SourceConfig {
  std::string path;        // folder of <id>_sat.* and <id>_mask.png, list of pairs, or packed file
  std::string masks;       // folder of <id>_mask.png for the images of path, where it is another one
  std::string foreground;  // of masks of one class that do not say it: values, ranges or colours, between blanks
  double ground_sample_distance = 0;  // metres a pixel, where they are not those of the input; 0: they are
  bool allow_empty = false;           // no mask need hold foreground
  double weight = 1;  // in proportion to this are an epoch's tiles drawn, where tiles_per_epoch says how many
};

struct PixelWeightConfig {
  double map = 0;                  // a pixel counts 1 + map d / 255 times, d from <id>_distance.png
  std::vector<double> foreground;  // of each class: how often a pixel of it counts; empty: once
};

// In the file also true or "published": as it is here; false: only a crop at a random place.
struct AugmentConfig : Augmentation {
  bool on = true;
};

struct CropConfig {
  double empty = 1;  // share of crops without foreground that are kept; the others are drawn again (avoid_empty)
};

struct StageConfig {
  std::string name = "stage";
  std::vector<SourceConfig> train;
  std::vector<SourceConfig> validation;  // none: no validation
  int64_t tiles_per_epoch = 0;           // 0: every tile once
  int classes = 0;                       // 0: the network's; another number: a new last layer
  std::string loss = "focal";
  OptimizerOptions optimizer;
  double learning_rate = 2e-4;
  ScheduleOptions schedule;
  int epochs = 90;
  int crop = 1024;
  int batch = 8;       // tiles a step takes at once, on each rank
  int accumulate = 1;  // batches a step
  AugmentConfig augment;
  CropConfig crops;
  bool drop_last = true;          // leave out the last batch of an epoch where it is not full
  std::string monitor = "auto";   // what the best epoch is: validation_iou, training_loss, or auto: the first where
                                  // there is a validation folder; patience then waits for either to get better
  int patience = 6;               // stop after more epochs in a row than this without a better one; 0: never
  double threshold = 0.25;        // of the mean probability, strictly greater
  bool choose_threshold = false;  // at the end of the stage, on the validation tiles, see result/threshold.h
  int tta = 1;                    // test-time augmentation in validation: flips and turns averaged, 1, 4 or 8
  int sheet_every = 0;            // epochs; a sheet of the first validation tiles; 0: none
  int validate_every = 1;         // epochs; the last one always
  int freeze_encoder_epochs = 0;  // the encoder's weights stay as they are for so long
  double ema_decay = 0;           // of a moving average of the weights; 0: none
  PixelWeightConfig pixel_weights;
  int skip_not_finite = 0;         // so many steps of the stage may have a loss that is not finite; they change nothing
  std::string bad_tiles = "stop";  // or skip: tiles without a mask, of a wrong size or undecodable
};

struct CheckpointConfig {
  double every_minutes = 5;  // 0: not by time
  int every_steps = 0;       // 0: not by steps
  int keep = 2;              // of the newest
};

// Where mpirun or srun starts several processes.
struct RanksConfig {
  std::string norm = "rank";    // batch norm over the tiles of each rank, or of all ranks: sync
  std::string wire = "f32";     // how gradients travel: f32 or bf16
  double bucket_mib = 4;        // of gradients that travel together
  double timeout_seconds = 30;  // a rank that is not heard of for so long ends the run
};

struct TrainConfig {
  std::string run = "runs/train";  // folder for weights and logs
  uint64_t seed = 0;
  NetworkConfig network;
  nlohmann::json input =
      nlohmann::json::object();   // bands, stretch, mean, std, ground sample distance: see io/tiles/input_spec.h
  std::string precision = "f32";  // of activations: f32 or bf16
  std::string initial_weights;    // a weights file of the same network
  std::string encoder_weights;    // torchvision's ResNet as safetensors
  int workers = 2;                // threads that read and augment tiles
  int64_t cache_mib = 2048;       // of decoded tiles that each source keeps in memory
  int threads = 0;                // of the computation; 0: all cores
  bool graph = false;             // on cuda: steps as CUDA graphs
  CheckpointConfig checkpoint;
  RanksConfig ranks;
  std::vector<StageConfig> stages;
};

int classes_of(const TrainConfig&, const StageConfig&);

// Error naming the key and the nearest known one, or the type expected, or the value out of range.
TrainConfig parse_config(const nlohmann::json&);
void check_config(const TrainConfig&);       // its values alone
nlohmann::json to_json(const TrainConfig&);  // every value, defaults too

// "stages.0.epochs=3": the value is JSON where it parses as such, else a string. Old names of keys become new ones.
void override_value(nlohmann::json&, const std::string& assignment);

// Gives keys with an old name their new one, in place. Error where both stand in one object.
void rename_old_keys(nlohmann::json&);
// Where a key stands: "seed", "stages.0.epochs"; empty for one that is none, or nothing by itself.
std::string place_of_key(const std::string& key);
std::string old_keys_text();  // "rate (learning_rate), ..." for --help

}  // namespace ppl::apps
