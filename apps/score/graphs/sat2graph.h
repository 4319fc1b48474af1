// APLS as Sat2Graph's program computes it, and after it RNGDet++ and SAM-Road: the numbers of the graph papers.
#pragma once

#include <optional>

#include "apps/score/apls/apls.h"
#include "apps/score/graphs/lat_lon_graph.h"

namespace ppl::score {

class DenseGraph;

// What that program has fixed for a kind of tile.
struct Sat2GraphTiles {
  double side = 2048, margin = 100;  // metres; control points lie within the tile, so far from its border
  int interval = 25;                 // pieces of about 2 m between control points along a road
  double shortest = 100;             // metres: shorter routes do not count
  int cover = 4;                     // pieces around a matched node that match no other control point
  double topo_radius = 0.003;        // degrees of latitude, see sat2graph_topo.h
};
inline constexpr Sat2GraphTiles kCityScale{}, kSmallTiles{352, 30, 15, 30, 3, 0.0015},
    kSpaceNetTiles{352, 30, 10, 30, 3, 0.0015};

// The nodes that routes of `from` begin and end at, ascending. `other`: the program steps from them through the OTHER
// road graph, from the node of the same number, to say what they cover. Where it goes through nodes in random order,
// this goes by their numbers.
std::vector<int> control_points(const DenseGraph& from, const DenseGraph& other, const Sat2GraphTiles&);
// The node of `to` for each place, or -1: of the ten nearest in degrees (by boxes of 1e-6 degrees) the first that is
// within 10 m and that no place before has taken or covered.
std::vector<int> match_nodes(const std::vector<LatLon>& places, const DenseGraph& to, int cover);

// Of one direction: 1 - the mean loss of all pairs of control points that count. None where no pair does.
std::optional<double> sat2graph_one_way(const DenseGraph& from, const DenseGraph& to, const Sat2GraphTiles&,
                                        int64_t& control_points);

// score: the mean of both directions, not the harmonic one; by_length is 0. None where a direction has no pair, which
// those papers leave out of their means. Error where the truth is far larger than such a tile.
std::optional<ImageApls> score_sat2graph(const LatLonGraph& truth, const LatLonGraph& prediction,
                                         const Sat2GraphTiles&);

}  // namespace ppl::score
