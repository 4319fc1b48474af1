// One-to-one matches between two sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ppl::score {

// As many pairs as there can be of which no two share an end. near: for each of one side, those of the other.
int64_t most_pairs(const std::vector<std::vector<int>>& near, size_t others);

}  // namespace ppl::score
