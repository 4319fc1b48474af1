#include "apps/score/buildings/buildings_read.h"
#include "io/tables/image_tables.h"
#include "io/tables/wkt.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

class BuildingTables : public BuildingSource {
 public:
  BuildingTables(const std::vector<std::string>& paths, bool with_confidences)
      : tables_(paths, {{"PolygonWKT_Pix", "WKT_Pix", "WKT", "geometry", "geom", "polygon"},
                        {"BuildingId", "TileBuildingId", "id", "number"},
                        {"Confidence", "conf", "score"}}),
        with_confidences_(with_confidences) {
    const std::vector<BadRow>& stray = tables_.stray_rows();
    PPL_CHECK(stray.empty(), tables_.file(stray.front().place.file), ":", stray.front().place.row, ": ",
              stray.front().reason);
  }

  size_t size() const override { return tables_.size(); }
  const std::string& id(size_t image) const override { return tables_.id(image); }
  bool in_pixels() const override { return true; }
  const std::string& crs() const override { return no_crs_; }

  std::vector<Building> read(size_t image, std::vector<std::string>& repaired) const override {
    std::vector<Building> buildings;
    Confidences confidences(with_confidences_);
    tables_.read(image, [&](const TableRow& row) {
      const std::string where = cat(tables_.file(row.place.file), ":", row.place.row);
      PPL_CHECK(row.fault.empty(), where, ": ", row.fault);
      Building building;
      building.polygons = parse_polygons(row.geometry, where);
      if (building.polygons.empty()) return;  // an image without buildings has a row too
      building.id = row.id;
      building.confidence = confidences.parse(row.confidence, where);
      set_shape(building, where, repaired);
      buildings.push_back(std::move(building));
    });
    return buildings;
  }

 private:
  ImageTables tables_;
  bool with_confidences_;
  const std::string no_crs_;
};

}  // namespace

std::unique_ptr<BuildingSource> open_building_tables(const std::vector<std::string>& paths,
                                                     const BuildingReading& reading) {
  return std::make_unique<BuildingTables>(paths, reading.confidences);
}

}  // namespace ppl::score
