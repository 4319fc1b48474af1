// Masks of two folders that belong together.
#pragma once

#include <string>
#include <vector>

namespace ppl::score {

struct MaskPair {
  std::string id;
  std::string truth;  // path
  std::string prediction;
};

struct MaskPairs {
  std::vector<MaskPair> pairs;  // sorted by id
  std::vector<std::string> only_truth;
  std::vector<std::string> only_prediction;
};

// Of two folders, or two files, which are one tile. Error where the folders have no id in common.
MaskPairs match_masks(const std::string& truth, const std::string& truth_suffix, const std::string& prediction,
                      const std::string& prediction_suffix);

// Throws an Error that counts the tiles on one side only and names the first of them, if there are any.
void require_complete(const MaskPairs& pairs);

}  // namespace ppl::score
