// What predict is asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/common/choice.h"
#include "apps/common/output.h"
#include "engine/tensor.h"
#include "io/vectorize/lengths.h"

namespace ppl::apps {

enum class MaskFormat { png, tif };
enum class ProbabilityFormat { none, png, u8, f16, f32 };  // the last three are TIFF
enum class Stretch { weights, scene };                     // scene: 2nd to 98th percentile of each band of the scene
enum class Theme { roads, buildings };

inline const Choices<MaskFormat> kMaskFormats{{"png", MaskFormat::png}, {"tif", MaskFormat::tif}};
inline const Choices<ProbabilityFormat> kProbabilityFormats{{"png", ProbabilityFormat::png},
                                                            {"u8", ProbabilityFormat::u8},
                                                            {"f16", ProbabilityFormat::f16},
                                                            {"f32", ProbabilityFormat::f32},
                                                            {"tif", ProbabilityFormat::f32}};
inline const Choices<Stretch> kStretches{{"weights", Stretch::weights}, {"scene", Stretch::scene}};
inline const Choices<Theme> kThemes{{"roads", Theme::roads}, {"buildings", Theme::buildings}};

struct PredictOptions {
  std::string weights, images, out;
  std::vector<std::string> also;    // further weights, whose probabilities are averaged with those of the first
  std::vector<double> shares;       // of each in the mean; empty: equal
  std::string network;              // for weights without metadata
  int views = 8;                    // 1, 4 or 8
  std::optional<double> threshold;  // of the mean probability, strictly greater; else the weights'
  std::vector<double> uncertain;    // two: foreground is above the second, 255 (not learnt from) above the first
  DType precision = DType::f32;
  std::vector<int> bands;                        // from 1; empty: the weights'
  bool resample = false;                         // images to the weights' metres a pixel, and what is found back
  std::optional<double> pixel_size, trained_at;  // metres a pixel of the images, of the weights; else what they say
  std::optional<int> no_data;  // pixels whose bands all have this value are no data; else the weights'
  // One file a class beside the mask; of scenes OUT_prob.tif with a band a class.
  ProbabilityFormat probabilities = ProbabilityFormat::none;
  std::string device = "auto";  // auto, cuda or cpu
  bool graph = false;           // on cuda: the network as a CUDA graph
  int threads = 0;              // 0: all cores
  int batch = 0;                // images at once; 0: as many as make 512 x 512 pixels

  std::vector<std::string> vectors;  // files for the lines or polygons of the masks
  Theme theme = Theme::roads;
  int label = 1;                  // the class that becomes vectors
  std::vector<std::string> maps;  // what these have is left out of the vectors
  Length within{10, true};        // how near a road of a map is the same road
  RoadSettings roads;
  BuildingSettings buildings;

  std::optional<Existing> existing;  // results that are there already; else fail, with share skip
  // Share the work with other processes of the same command, and keep what earlier ones finished.
  bool share = false;
  double lease = 60;  // seconds until the work of a silent process is taken over

  // Scenes, and images of a folder of more pixels than a square of windows_above.
  int window = 1152, overlap = 128;
  int windows_above = 2048;

  // Scenes.
  bool mosaic = false;       // the images, which say where they lie, are one scene
  bool cog = false;          // cloud optimized GeoTIFFs
  bool white_margin = true;  // white that reaches in from the border is no data
  Stretch stretch = Stretch::weights;

  // Folders.
  MaskFormat format = MaskFormat::png;  // 1 bit, class numbers where there are several; or with the georeference
  int context = 0;                      // pixels of margin that a tile takes from its neighbours
  bool recursive = false;
  std::string pattern;           // of paths below the folder, as a shell has it; empty: all
  std::string suffix = "_mask";  // of masks' names, after the id

  Existing existing_or_default() const { return existing.value_or(share ? Existing::skip : Existing::fail); }
};

}  // namespace ppl::apps
