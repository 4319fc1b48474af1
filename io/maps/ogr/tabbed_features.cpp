#include "io/maps/ogr/tabbed_features.h"

#include <cpl_json.h>
#include <ogrsf_frmts.h>

#include <memory>
#include <string>

#include "io/maps/ogr/geometry.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr size_t kLongestLine = 64 << 20;

// The lines of a file, packed or not.
class Lines {
 public:
  explicit Lines(const std::string& path) : reader_(path) {}
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
      const size_t end = text.find('\n');
      line += text.substr(0, end);
      PPL_CHECK(line.size() <= kLongestLine, "a line of more than ", kLongestLine, " bytes");
      if (end != std::string_view::npos) {
        bytes_ = bytes_.subspan(end + 1);
        return true;
      }
      bytes_ = reader_.read();
      if (bytes_.empty()) return !line.empty();
    }
  }
  double share_read() const { return reader_.share_read(); }

 private:
  PackedReader reader_;
  Bytes bytes_;
};

}  // namespace

void read_tabbed_features(const std::string& path, const MapRequest& request, FeatureLayer& layer,
                          SourceReport& report) {
  const bool roads = request.theme == MapTheme::roads;
  PPL_CHECK(!request.needs_class || request.all_features, path,
            ": its lines say nothing of classes; draw all features with --all-features");
  Lines lines(path);
  Geometries geometries(request.theme, true, layer, path);
  const size_t before = layer.size();
  for (std::string line; lines.next(line);) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos && line.find_first_not_of(" \r") == std::string::npos) continue;
    ++report.seen;
    CPLJSONDocument document;
    const bool parsed = tab != std::string::npos && document.LoadMemory(line.substr(tab + 1));
    const std::unique_ptr<OGRGeometry> geometry(
        parsed ? OGRGeometryFactory::createFromGeoJson(document.GetRoot().GetObj("geometry")) : nullptr);
    PPL_CHECK(geometry, path, ", line ", report.seen, ": expected a tab and a GeoJSON Feature");
    report.shapeless += !geometries.add(*geometry, {}, roads ? Polygons::passed_over : Polygons::filled);
    if (request.progress && report.seen % 1000 == 0) request.progress(lines.share_read());
  }
  report.features = static_cast<int64_t>(layer.size() - before);
  report.drawn_classless = "none";
}

}  // namespace ppl
