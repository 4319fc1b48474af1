// From probabilities to the mask.
#pragma once

#include <cstdint>
#include <vector>

namespace ppl {

// probability [pixels, classes] -> [pixels]: the number (from 1) of the class with the highest probability where that
// is above the threshold, else 0.
std::vector<uint8_t> class_numbers(const float* probability, int64_t pixels, int classes, double threshold);

}  // namespace ppl
