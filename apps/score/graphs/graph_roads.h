// Road graphs in files as a source of roads.
#pragma once

#include <memory>
#include <string>

#include "apps/score/graphs/lat_lon_graph.h"

namespace ppl::score {

// Whether the path is a road graph or a folder of them: pickles (.p, .pickle, .pkl), or .json whose outermost value is
// a list, which GeoJSON's never is.
bool holds_graphs(const std::string& path);

// Each file is an image; its id is the file's name without region_ and endings such as _graph_gt, _gt, _prop. Read as
// lines, an edge each, in metres south and east of the corner: pixels of 1 m.
class GraphRoads : public RoadSource {
 public:
  // Error naming the file that cannot be read, or two that are of one id.
  explicit GraphRoads(const std::string& path);

  LatLonGraph graph(size_t image) const;

  size_t size() const override { return files_.size(); }
  std::string_view id(size_t image) const override { return files_[image].first; }
  ImageRoads read(size_t image) const override;
  const std::vector<BadRow>& stray_rows() const override { return stray_; }
  const std::string& file(uint32_t number) const override { return files_[number].second; }
  bool is_unnamed() const override { return single_; }

 private:
  std::vector<std::pair<std::string, std::string>> files_;  // id and path
  std::vector<BadRow> stray_;
  bool single_;
};

}  // namespace ppl::score
