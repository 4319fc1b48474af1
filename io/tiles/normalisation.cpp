#include "io/tiles/input_spec.h"

namespace ppl {

std::vector<std::array<float, 256>> normalisation_tables(const InputSpec& spec) {
  std::vector<std::array<float, 256>> tables(spec.bands.size());
  for (size_t b = 0; b < tables.size(); ++b) {
    for (size_t v = 0; v < 256; ++v) {
      tables[b][v] = static_cast<float>((static_cast<double>(v) / 255.0 - spec.mean[b]) / spec.std[b]);
    }
  }
  return tables;
}

}  // namespace ppl
