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
// ulps moves each value by a random part of so many units in the last place.
void fill_golden_weights(const LinkNet&, const std::string& prefix, const NamedArrays& file, double ulps = 0);

// 2 u, given in NCHW order, as [N,H,W,C]; ulps as above.
Tensor golden_input(const std::string& prefix, const Shape& nchw, double ulps = 0);

// One u a 16x16 block in row order, foreground where u > 0.4: u8 [N,H,W,classes].
Tensor golden_target(const std::string& prefix, int64_t n, int64_t h, int64_t w, int classes);

std::vector<double> to_nchw(const Tensor& nhwc);

// ||a - b|| / ||b||; infinite where a is not finite.
double normalised_error(const std::vector<double>& a, const std::vector<double>& b);

// The ten columns of a summary (sum, L2 norm, 8 entries at the flat indices `samples` [P, 8] in PyTorch's order), a row
// for each named parameter, its gradient, or buffer.
std::vector<std::vector<double>> summary(const Module&, const std::vector<std::string>& names, bool gradients,
                                         const HostArray& samples);

// A golden table [P, 10] as columns.
std::vector<std::vector<double>> columns(const HostArray& table);

}  // namespace ppl
