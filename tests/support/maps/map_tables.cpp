#include "tests/support/maps/map_tables.h"

#include <doctest/doctest.h>
#include <ogrsf_frmts.h>

namespace ppl::test {

void CloseDataset::operator()(GDALDataset* d) const { GDALClose(d); }

Dataset new_dataset(const std::string& path, const char* driver) {
  GDALAllRegister();
  Dataset file(GetGDALDriverManager()->GetDriverByName(driver)->Create(path.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  REQUIRE(file);
  return file;
}

void write_tables(const std::string& path, const char* driver, const std::vector<Table>& tables) {
  const Dataset file = new_dataset(path, driver);
  OGRSpatialReference utm;
  utm.importFromEPSG(32632);
  for (const Table& table : tables) {
    OGRLayer* layer =
        file->CreateLayer(table.name.c_str(), table.type == wkbNone ? nullptr : &utm, table.type, nullptr);
    REQUIRE(layer);
    for (const std::string& field : table.fields) {
      OGRFieldDefn definition(field.c_str(), OFTString);
      if (std::string(driver) == "ESRI Shapefile") definition.SetWidth(254);
      REQUIRE(layer->CreateField(&definition) == OGRERR_NONE);
    }
    for (const Row& row : table.rows) {
      OGRFeature feature(layer->GetLayerDefn());
      OGRGeometry* geometry = nullptr;
      if (!row[0].empty())
        REQUIRE(OGRGeometryFactory::createFromWkt(row[0].c_str(), nullptr, &geometry) == OGRERR_NONE);
      feature.SetGeometryDirectly(geometry);
      for (size_t i = 1; i < row.size(); ++i) {
        if (row[i] != "-") feature.SetField(static_cast<int>(i - 1), row[i].c_str());
      }
      REQUIRE(layer->CreateFeature(&feature) == OGRERR_NONE);
    }
  }
}

std::string line_at(int north) {
  return "LINESTRING (500010 " + std::to_string(5210000 + north) + ", 500200 " + std::to_string(5210000 + north) + ")";
}
std::string square_at(int east, int north) {
  const auto point = [&](int x, int y) {
    return std::to_string(500000 + east + x) + " " + std::to_string(5210000 + north + y);
  };
  return "POLYGON ((" + point(0, 0) + ", " + point(20, 0) + ", " + point(20, 20) + ", " + point(0, 20) + ", " +
         point(0, 0) + "))";
}

}  // namespace ppl::test
