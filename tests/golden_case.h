// Deterministic weights, inputs and targets of the golden files, and the comparison with what they hold.
#pragma once

#include <string>
#include <vector>

#include "engine/named_arrays.h"
#include "models/linknet.h"

namespace ppl {

// u_i = (splitmix64(fnv1a64(name) + i) >> 40) / 2^23 - 1
double golden_unit(uint64_t name_hash, uint64_t i);
uint64_t fnv1a64(const std::string&);

// Sets all parameters and statistics by the formula; arrays "buffer/<name>" of the file replace the formula's.
void fill_golden_weights(const LinkNet&, const std::string& prefix, const NamedArrays& file);

// 2 u, given in NCHW order, as [N,H,W,C].
Tensor golden_input(const std::string& prefix, const Shape& nchw);

// One u a 16x16 block in row order, foreground where u > 0.4: u8 [N,H,W,classes].
Tensor golden_target(const std::string& prefix, int64_t n, int64_t h, int64_t w, int classes);

std::vector<double> to_nchw(const Tensor& nhwc);

// ||a - b|| / ||b||; infinite where a is not finite.
double normalised_error(const std::vector<double>& a, const std::vector<double>& b);

// Rows of sum, L2 norm and 8 entries, in PyTorch's order, compared column by column over the whole table: the worst column.
double summary_error(const Module&, const std::vector<std::string>& names, bool gradients, const HostArray& expected,
                     const HostArray& samples);

}  // namespace ppl
