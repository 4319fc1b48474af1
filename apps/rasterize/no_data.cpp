#include "apps/rasterize/no_data.h"

#include "io/image/geotiff.h"
#include "io/image/white_margin.h"

namespace ppl::rasterize {

std::vector<uint8_t> find_no_data(const std::string& path) {
  std::vector<uint8_t> missing = white_margins(read_image(path));
  const Image valid = read_validity(path);
  PPL_CHECK(valid.bytes.size() == missing.size(), path, ": changed while it was read");
  for (size_t i = 0; i < missing.size(); ++i) missing[i] |= valid.bytes[i] == 0;
  return missing;
}

}  // namespace ppl::rasterize
