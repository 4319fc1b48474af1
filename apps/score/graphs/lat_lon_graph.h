// Road graphs as Sat2Graph and those after it keep them: places in degrees, and who is joined to whom.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "io/tables/roads.h"
#include "io/weights/pickle.h"

namespace ppl::score {

struct LatLon {
  double lat = 0, lon = 0;
};

// The north-west corner of every tile there, and its metres a degree of latitude.
inline constexpr LatLon kCorner{41, -71};
inline constexpr double kMetresPerDegree = 111111;

// Metres south and east of the corner, as degrees.
LatLon from_metres(double south, double east);

// By that ground's rules: degrees of longitude as long as at a's latitude. In degrees of latitude; metres_between in
// metres. Not symmetric in the last bits.
double degrees_between(const LatLon& a, const LatLon& b);
double metres_between(const LatLon& a, const LatLon& b);

struct LatLonGraph {
  std::vector<LatLon> nodes;
  std::vector<std::array<int, 2>> edges;  // each once, in the order of the file
  std::vector<std::vector<int>> links;    // of each node, in the order of the file

  void link(int a, int b);  // both ways; what is linked stays so
  double metres() const;    // of all edges
};

// [[[latitude, longitude], ...], [[node, node], ...]]. Error naming `where`.
LatLonGraph parse_graph_json(std::string_view text, const std::string& where);
// A dictionary of (south, east) in metres to a list of such. Numbers of Python and of NumPy. Error naming `where`.
LatLonGraph parse_graph_pickle(Bytes, const std::string& where);
// Ends that have the same coordinates are joined. pixel: metres.
LatLonGraph graph_of_lines(const std::vector<RoadLine>&, double pixel);

}  // namespace ppl::score
