// Masks of two folders that belong together, or of a folder and the scene that its tiles are parts of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/image/image_part.h"

namespace ppl::score {

struct MaskSources {
  std::string truth;       // folder, or one file
  std::string prediction;  // the same
  std::string truth_suffix = "_mask";
  std::string prediction_suffix = "_mask";
  std::string images;  // folder of images that say where tiles lie in a scene; empty: those beside them
};

struct MaskPair {
  std::string id;
  std::string truth;  // path
  std::string prediction;
  std::optional<ImagePart> part{};  // of the scene, where one side is one
};

struct MaskPairs {
  std::vector<MaskPair> pairs;  // sorted by id
  std::vector<std::string> only_truth;
  std::vector<std::string> only_prediction;
  // Where one side is a scene and the other a folder of its tiles.
  enum class Scene { none, truth, prediction };
  Scene scene = Scene::none;
  double off_grid = 0;      // pixels that tiles lie beside the scene's, at most
  std::string uncovered{};  // in words: what of the scene lies in no tile; empty where nothing does
};

// Of two folders, or two files, which are one tile, or a file and a folder: its tiles are windows of the file, by where
// they lie (io/places/scene_tiles.h); a tile that is not wholly inside is on one side only. Error where nothing is on
// both sides.
MaskPairs match_masks(const MaskSources&);

// Throws an Error that counts the tiles on one side only and names the first of them, if there are any.
void require_complete(const MaskPairs& pairs);

}  // namespace ppl::score
