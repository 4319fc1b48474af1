// What predict is asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/tensor.h"

namespace ppl::apps {

struct PredictOptions {
  std::string weights, images, out;
  std::vector<std::string> also;    // further weights, whose probabilities are averaged with those of the first
  std::vector<double> shares;       // of each in the mean; empty: equal
  std::string network;              // for weights without metadata
  int views = 8;                    // 1, 4 or 8
  std::optional<double> threshold;  // of the mean probability, strictly greater; else the weights'
  DType precision = DType::f32;
  std::vector<int> bands;           // from 1; empty: the weights'
  std::string stretch = "weights";  // or "scene": from the 2nd to the 98th percentile of each band of the scene
  // Of masks: png (1 bit; class numbers where there are several) or tif (georeference kept).
  std::string format = "png";
  // "", png (8 bit), or TIFF: u8, f16, f32 (tif means f32). One file a class beside the mask; of scenes OUT_prob.tif
  // with a band a class.
  std::string probabilities;
  std::string device = "auto";  // auto, cuda or cpu
  bool graph = false;           // on cuda: the network as a CUDA graph
  int threads = 0;              // 0: all cores
  int batch = 0;                // images at once; 0: as many as make 512 x 512 pixels

  std::vector<std::string> vectors;  // files for the lines or polygons of the masks
  std::string theme = "roads";       // or buildings
  int label = 1;                     // the class that becomes vectors
  // Share the work with other processes of the same command, and keep what earlier ones finished.
  bool share = false;
  double lease = 60;  // seconds until the work of a silent process is taken over

  // Scenes.
  bool mosaic = false;  // the images, which say where they lie, are one scene
  bool cog = false;     // cloud optimized GeoTIFFs
  int window = 1152, overlap = 128;
  bool white_margin = true;  // white that reaches in from the border is no data

  // Folders.
  int context = 0;  // pixels of margin that a tile takes from its neighbours
  bool recursive = false;
  std::string pattern;           // of paths below the folder, as a shell has it; empty: all
  std::string suffix = "_mask";  // of masks' names, after the id
};

}  // namespace ppl::apps
