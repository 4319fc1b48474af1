// Colours of index images as GDAL gives them.
#pragma once

#include <gdal_priv.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace ppl {

// Red, green, blue of each index; empty where the band has no colour table.
inline std::vector<std::array<uint8_t, 3>> palette_of(GDALRasterBand& band) {
  std::vector<std::array<uint8_t, 3>> palette;
  const GDALColorTable* table = band.GetColorTable();
  for (int i = 0; table && i < std::min(table->GetColorEntryCount(), 65536); ++i) {
    const GDALColorEntry* e = table->GetColorEntry(i);
    palette.push_back({static_cast<uint8_t>(e->c1), static_cast<uint8_t>(e->c2), static_cast<uint8_t>(e->c3)});
  }
  return palette;
}

}  // namespace ppl
