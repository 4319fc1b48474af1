#include "apps/score/graphs/graph_roads.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "io/file.h"
#include "io/folder.h"
#include "kernels/base.h"

namespace ppl::score {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> kPickles{".p", ".pickle", ".pkl"};

bool is_pickle(const std::string& path) {
  return std::find(kPickles.begin(), kPickles.end(), extension_of(path)) != kPickles.end();
}

bool is_list(const std::string& path) {
  std::ifstream in(path);
  char first = 0;
  return in >> first && first == '[';
}

bool is_graph(const std::string& path) { return is_pickle(path) || (extension_of(path) == ".json" && is_list(path)); }

std::string id_of(const std::string& path) {
  std::string id = fs::path(path).stem().string();
  for (const std::string ending : {"_refine_gt_graph", "__gt_graph", "_gt_graph", "_graph_gt", "_gt", "_prop"}) {
    if (!id.ends_with(ending) || id == ending) continue;
    id.resize(id.size() - ending.size());
    break;
  }
  return id.starts_with("region_") ? id.substr(7) : id;
}

}  // namespace

bool holds_graphs(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return fs::is_regular_file(path, error) && is_graph(path);
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().string();
    if (entry.is_regular_file(error) && !is_hidden(name) && is_graph(name)) return true;
  }
  return false;
}

GraphRoads::GraphRoads(const std::string& path) : single_(!fs::is_directory(path)) {
  std::vector<std::string> extensions = kPickles;
  extensions.push_back(".json");
  for (const std::string& file : list_files(path, extensions)) {
    if (is_graph(file)) files_.emplace_back(id_of(file), file);
  }
  std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
  const auto same =
      std::adjacent_find(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  PPL_CHECK(same == files_.end(), same->second, " and ", std::next(same)->second, " are both of image '", same->first,
            "'; each folder has one graph an image");
}

LatLonGraph GraphRoads::graph(size_t image) const {
  const std::string& path = files_[image].second;
  if (is_pickle(path)) return parse_graph_pickle(read_file(path), path);
  return parse_graph_json(read_text(path), path);
}

ImageRoads GraphRoads::read(size_t image) const {
  const LatLonGraph own = graph(image);
  ImageRoads roads;
  const LatLon unit = from_metres(1, 1);
  const auto point = [&](int node) {
    const LatLon& place = own.nodes[static_cast<size_t>(node)];
    return Point{(place.lon - kCorner.lon) / (unit.lon - kCorner.lon), (kCorner.lat - place.lat) * kMetresPerDegree};
  };
  const auto number = static_cast<uint32_t>(image);
  for (const auto& [a, b] : own.edges) {
    roads.lines.push_back({{point(a), point(b)}, {number, roads.lines.size() + 1}});
  }
  if (roads.lines.empty()) roads.lines.push_back({{}, {number, 1}});
  return roads;
}

}  // namespace ppl::score
