#include "apps/score/masks/mask_folder.h"

#include <algorithm>
#include <filesystem>

#include "io/places/scene_tiles.h"
#include "io/tiles/mask_files.h"
#include "kernels/base.h"

namespace ppl::score {
namespace fs = std::filesystem;
namespace {

std::string counted(size_t count, const char* what) { return cat(count, " ", what, count == 1 ? "" : "s"); }

std::string first_names(const std::vector<std::string>& ids) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(ids.size(), 5); ++i) text += (i > 0 ? ", " : "") + ids[i];
  return ids.size() > 5 ? text + ", ..." : text;
}

MaskPairs match_scene(const MaskSources& s, bool scene_is_truth) {
  const std::string &scene = scene_is_truth ? s.truth : s.prediction, &folder = scene_is_truth ? s.prediction : s.truth;
  const std::string& suffix = scene_is_truth ? s.prediction_suffix : s.truth_suffix;
  const auto tiles = list_masks(folder, suffix);
  PPL_CHECK(!tiles.empty(), folder, ": no file <id>", suffix, ".{png,tif,jpg} in this folder");
  const SceneTiles found = tiles_in_scene(scene, tiles, s.images);
  MaskPairs result;
  result.scene = scene_is_truth ? MaskPairs::Scene::truth : MaskPairs::Scene::prediction;
  result.off_grid = found.off_grid;
  (scene_is_truth ? result.only_prediction : result.only_truth) = found.beyond;
  for (const SceneTile& tile : found.tiles) {
    result.pairs.push_back(
        {tile.id, scene_is_truth ? scene : tile.path, scene_is_truth ? tile.path : scene, tile.part});
  }
  return result;
}

}  // namespace

MaskPairs match_masks(const MaskSources& s) {
  const bool one_truth = fs::is_regular_file(s.truth), one_prediction = fs::is_regular_file(s.prediction);
  if (one_truth && one_prediction) return {{{fs::path(s.truth).stem().string(), s.truth, s.prediction, {}}}, {}, {}};
  if (one_truth && fs::is_directory(s.prediction)) return match_scene(s, true);
  if (one_prediction && fs::is_directory(s.truth)) return match_scene(s, false);
  const auto truths = list_masks(s.truth, s.truth_suffix), predictions = list_masks(s.prediction, s.prediction_suffix);
  MaskPairs result;
  for (const auto& [id, path] : truths) {
    const auto other = predictions.find(id);
    if (other == predictions.end()) {
      result.only_truth.push_back(id);
    } else {
      result.pairs.push_back({id, path, other->second, {}});
    }
  }
  for (const auto& [id, path] : predictions) {
    if (!truths.contains(id)) result.only_prediction.push_back(id);
  }
  const auto described = [](const auto& files, const std::string& suffix) {
    return cat(counted(files.size(), "file"), " <id>", suffix,
               files.empty() ? "" : ", such as " + files.begin()->second);
  };
  PPL_CHECK(!result.pairs.empty(), "no tile is in both ", s.truth, " (", described(truths, s.truth_suffix), ") and ",
            s.prediction, " (", described(predictions, s.prediction_suffix), ")");
  return result;
}

void require_complete(const MaskPairs& pairs) {
  std::string text;
  if (!pairs.only_truth.empty()) {
    text +=
        cat(counted(pairs.only_truth.size(), "truth"), " without a prediction (", first_names(pairs.only_truth), ")");
  }
  if (!pairs.only_prediction.empty()) {
    text += cat(text.empty() ? "" : " and ", counted(pairs.only_prediction.size(), "prediction"), " without a truth (",
                first_names(pairs.only_prediction), ")");
  }
  if (!pairs.uncovered.empty()) text += (text.empty() ? "" : " and ") + pairs.uncovered;
  PPL_CHECK(text.empty(), text, "; --missing skip leaves them out");
}

}  // namespace ppl::score
