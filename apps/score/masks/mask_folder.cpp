#include "apps/score/masks/mask_folder.h"

#include <algorithm>
#include <filesystem>

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

// A scene has no ids to find its tiles by.
void refuse_file_and_folder(const std::string& file, const std::string& folder) {
  throw Error(
      cat(file, " is one file and ", folder, " a folder of tiles: put the tiles together first (",
          "`predict WEIGHTS TILES OUT.tif --mosaic`; masks that say where they lie: `gdalwarp TILES/*_mask.tif ",
          "ALL.tif`), or compare lines: `vectorize roads TILES ALL.gpkg --mosaic ALL`, then `score roads`"));
}

}  // namespace

MaskPairs match_masks(const std::string& truth, const std::string& truth_suffix, const std::string& prediction,
                      const std::string& prediction_suffix) {
  const bool one_truth = fs::is_regular_file(truth), one_prediction = fs::is_regular_file(prediction);
  if (one_truth && one_prediction) return {{{fs::path(truth).stem().string(), truth, prediction}}, {}, {}};
  if (one_truth && fs::is_directory(prediction)) refuse_file_and_folder(truth, prediction);
  if (one_prediction && fs::is_directory(truth)) refuse_file_and_folder(prediction, truth);
  const auto truths = list_masks(truth, truth_suffix), predictions = list_masks(prediction, prediction_suffix);
  MaskPairs result;
  for (const auto& [id, path] : truths) {
    const auto other = predictions.find(id);
    if (other == predictions.end()) {
      result.only_truth.push_back(id);
    } else {
      result.pairs.push_back({id, path, other->second});
    }
  }
  for (const auto& [id, path] : predictions) {
    if (!truths.contains(id)) result.only_prediction.push_back(id);
  }
  const auto described = [](const auto& files, const std::string& suffix) {
    return cat(counted(files.size(), "file"), " <id>", suffix,
               files.empty() ? "" : ", such as " + files.begin()->second);
  };
  PPL_CHECK(!result.pairs.empty(), "no tile is in both ", truth, " (", described(truths, truth_suffix), ") and ",
            prediction, " (", described(predictions, prediction_suffix), ")");
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
  PPL_CHECK(text.empty(), text, "; --missing skip leaves them out");
}

}  // namespace ppl::score
