#include "io/tables/road_tables.h"

#include "io/tables/image_tables.h"
#include "io/tables/reference_wkt.h"
#include "io/tables/wkt.h"

namespace ppl {
namespace {

class RoadTables : public RoadSource {
 public:
  RoadTables(const std::vector<std::string>& paths, RoadReading reading)
      : tables_(paths, {{"WKT_Pix", "WKT", "geometry", "geom", "LineString"}, {}, {}, "LINESTRING"}),
        reading_(reading) {}

  size_t size() const override { return tables_.size(); }
  std::string_view id(size_t image) const override { return tables_.id(image); }
  const std::vector<BadRow>& stray_rows() const override { return tables_.stray_rows(); }
  const std::string& file(uint32_t number) const override { return tables_.file(number); }

  ImageRoads read(size_t image) const override {
    ImageRoads roads;
    std::vector<Line> lines;
    std::string scratch;
    tables_.read(image, [&](const TableRow& row) {
      lines.clear();
      std::optional<std::string> wrong;
      if (!row.fault.empty()) {
        wrong = row.fault;
      } else if (reading_ == RoadReading::reference) {
        wrong = parse_linestring_as_reference(row.geometry, lines.emplace_back(), scratch);
      } else {
        wrong = parse_lines(row.geometry, lines);
        if (lines.empty()) lines.emplace_back();  // the row says "no road here"
      }
      if (wrong) {
        roads.bad.push_back({row.place, std::move(*wrong)});
      } else {
        for (Line& line : lines) roads.lines.push_back({std::move(line), row.place});
      }
    });
    return roads;
  }

 private:
  ImageTables tables_;
  RoadReading reading_;
};

}  // namespace

std::unique_ptr<RoadSource> open_road_tables(const std::vector<std::string>& paths, RoadReading reading) {
  return std::make_unique<RoadTables>(paths, reading);
}

}  // namespace ppl
