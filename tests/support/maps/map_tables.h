// Layers with attributes, as people's files hold them, for the tests of rasterize.
#pragma once

#include <ogr_core.h>

#include <memory>
#include <string>
#include <vector>

class GDALDataset;

namespace ppl::test {

using Row = std::vector<std::string>;  // WKT in metres of the town's system, then values; "-": not set

struct Table {
  std::string name;
  OGRwkbGeometryType type;
  Row fields;
  std::vector<Row> rows;
};

// A new file of GDAL's driver. Fails the test where it cannot be made.
struct CloseDataset {
  void operator()(GDALDataset*) const;
};
using Dataset = std::unique_ptr<GDALDataset, CloseDataset>;
Dataset new_dataset(const std::string& path, const char* driver);

// A file of GDAL's driver with these layers.
void write_tables(const std::string& path, const char* driver, const std::vector<Table>& tables);

// WKT of a line across the town's tile from west to east, and of a square of 20 m.
std::string line_at(int north);
std::string square_at(int east, int north);

}  // namespace ppl::test
