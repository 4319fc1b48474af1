// What a weights file holds, and how two of them differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/named_arrays.h"

namespace ppl::weights {

struct ArrayInfo {
  std::string name;
  std::string type;
  std::vector<int64_t> shape;
  double mean = 0, deviation = 0, lowest = 0, highest = 0;  // of the finite values; 0 where there are none
  int64_t not_finite = 0;
};

struct FileInfo {
  std::string path, form;             // "safetensors" or "PyTorch"
  std::vector<std::string> networks;  // named in the metadata, else those that the arrays fit
  std::map<std::string, std::string> metadata;
  int64_t bytes = 0, values = 0;
  std::vector<ArrayInfo> arrays;
};

FileInfo inspect_weights(const std::string& path, const std::string& key = "");  // key: see read_weights_file
std::string info_text(const FileInfo&, bool with_arrays);
std::string info_json(const FileInfo&, bool with_arrays);

struct ArrayDifference {
  std::string name;
  std::string what;      // empty, or "only in the first", "only in the second", "other shape"
  double largest = 0;    // |a - b|; infinite where only one of them is a number
  double relative = 0;   // norm of the difference over the norm of the first
  bool differs = false;  // by more than the tolerance
};

struct Difference {
  std::vector<ArrayDifference> arrays;  // all of them, by our names
  std::vector<std::string> metadata;    // keys whose values differ
  bool same() const;                    // as far as arrays go
};

// tolerance: the largest |a - b| that counts as equal. Names are compared without "module." and as our networks have
// them.
Difference compare_weights(const std::string& first, const std::string& second, double tolerance);
std::string difference_text(const Difference&);
std::string difference_json(const Difference&);

}  // namespace ppl::weights
