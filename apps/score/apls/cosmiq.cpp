#include "apps/score/apls/cosmiq.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "apps/score/apls/injection.h"
#include "apps/score/apls/routes.h"
#include "apps/score/apls/sweep.h"

namespace ppl::score {
namespace {

constexpr int kBigTruth = 500;              // nodes
constexpr double kShortestTruth = 5;        // metres: of the longest route in a piece that counts
constexpr double kShortestPrediction = 10;  // pixels: the same
constexpr size_t kMostNodes = 100,
                 kMostVertices = 30;  // of a piece of truth, of prediction, whose routes are looked at

// Nodes and every end of an edge, ghosts too, in the order in which they were made.
struct PointGraph {
  explicit PointGraph(const AplsGraph& roads) : index(static_cast<size_t>(roads.points()), -1) {
    for (int p = 0; p < roads.points(); ++p) {
      if (!roads.edges_at(p).empty() || roads.is_node(p)) node(p);
    }
    for (int p = 0; p < roads.points(); ++p) {
      for (const int e : roads.edges_at(p)) {
        const Edge& edge = roads.edge(e);
        if (edge.first() != p) continue;
        const int a = node(edge.first()), b = node(edge.last());
        arcs.push_back({a, b, edge.length});
        arcs.push_back({b, a, edge.length});
      }
    }
  }
  int node(int point) {
    int& number = index[static_cast<size_t>(point)];
    return number < 0 ? number = nodes++ : number;
  }
  Hierarchy hierarchy() const { return {nodes, arcs}; }

  std::vector<int> index;  // by point
  std::vector<GraphArc> arcs;
  int nodes = 0;
};

// Points of `roads` that the places become, -1 for those that are too far or lost their node to a later one.
std::vector<int> inject_last_stays(AplsGraph& roads, const std::vector<Point>& places, double snap_pixels) {
  const std::unique_ptr<Locator> locator = grid(roads, snap_pixels);
  std::vector<int> images;
  std::map<int, size_t> owner;  // of a node that was there before
  for (const Point place : places) {
    images.push_back(-1);
    const NearestEdge nearest = locator->nearest_edge(place);
    if (nearest.edge < 0 || !(nearest.distance <= snap_pixels)) continue;
    images.back() = nearest.hit >= 0 ? nearest.hit : split_edge(roads, nearest, *locator);
    const auto [known, fresh] = owner.try_emplace(images.back(), images.size() - 1);
    if (!fresh) images[std::exchange(known->second, images.size() - 1)] = -1;
  }
  return images;
}

void drop_edges(AplsGraph& roads, const std::vector<int>& edges) {
  for (const int e : edges) roads.detach_ends(e);
}

// The tool finds such an edge twice among those that it knows, and so removes its double with it.
void drop_loops_and_doubles(AplsGraph& roads) {
  std::map<std::vector<int>, int> known;  // points from the lower end on, and their edge
  std::set<int> lost;
  for (const int e : roads.edges_in_order()) {
    std::vector<int> points = roads.edge(e).points;
    if (points.front() == points.back()) lost.insert(e);
    if (points.front() > points.back()) std::reverse(points.begin(), points.end());
    const auto [first, fresh] = known.try_emplace(std::move(points), e);
    if (!fresh) lost.insert({e, first->second});
  }
  drop_edges(roads, {lost.begin(), lost.end()});
}

// Connected edges and ends of edges.
struct Piece {
  std::vector<int> points, edges;
  size_t vertices = 0;  // points along the edges too
};

std::vector<Piece> pieces_of(const AplsGraph& roads) {
  std::vector<Piece> pieces;
  std::vector<char> seen(static_cast<size_t>(roads.points())), taken(static_cast<size_t>(roads.edge_numbers()));
  const auto visit = [&](Piece& piece, int point) {
    if (std::exchange(seen[static_cast<size_t>(point)], 1) == 0) piece.points.push_back(point);
  };
  for (const int start : roads.nodes.in_order()) {
    if (seen[static_cast<size_t>(start)]) continue;
    Piece& piece = pieces.emplace_back();
    visit(piece, start);
    for (size_t i = 0; i < piece.points.size(); ++i) {
      for (const int e : roads.edges_at(piece.points[i])) {
        if (std::exchange(taken[static_cast<size_t>(e)], 1) != 0) continue;
        piece.edges.push_back(e);
        piece.vertices += roads.edge(e).points.size() - 2;
        visit(piece, roads.edge(e).first());
        visit(piece, roads.edge(e).last());
      }
    }
    piece.vertices += piece.points.size();
  }
  return pieces;
}

// Of the pieces that `looked_at` chooses, those without a route of this many pixels; nodes go with their edges.
template <class LookedAt>
void drop_short_pieces(AplsGraph& roads, double pixels, LookedAt&& looked_at) {
  const PointGraph graph(roads);
  const Hierarchy hierarchy = graph.hierarchy();
  SweepPlanner planner(hierarchy);
  const auto place = [&](int point) { return hierarchy.place(graph.index[static_cast<size_t>(point)]); };
  for (const Piece& piece : pieces_of(roads)) {
    if (!looked_at(piece)) continue;
    std::vector<int> places;
    for (const int p : piece.points) places.push_back(place(p));
    const SweepPlan plan = planner.plan(places);
    Sweep sweep(plan);
    double longest = 0;
    for (size_t from = 0; from < places.size(); ++from) {
      sweep.start(from, from + 1);
      for (size_t to = 0; to < places.size(); ++to) longest = std::max(longest, sweep.next()[0]);
    }
    if (longest >= pixels) continue;
    drop_edges(roads, piece.edges);
    for (const int p : piece.points) {
      if (roads.is_node(p)) roads.nodes.erase(p, roads.place(p));
    }
  }
}

MidpointCount midpoints(const AplsParameters& parameters) {
  return [&parameters](const Edge& edge) {
    const double diagonal = std::hypot(edge.box.max_x - edge.box.min_x, edge.box.max_y - edge.box.min_y);
    if (std::fabs(diagonal - edge.length) < parameters.curved * edge.length) return 0.0;
    if (edge.length < parameters.shortest_split()) return 0.0;
    return std::max(1.0, std::ceil(edge.length / parameters.spacing_pixels()) - 1);
  };
}

OneWay one_way(const AplsGraph& from, const AplsGraph& to, const AplsParameters& parameters, int threads) {
  PointGraph graph(from);
  std::vector<Point> places(static_cast<size_t>(graph.nodes));
  for (int p = 0; p < from.points(); ++p) {
    if (graph.index[static_cast<size_t>(p)] >= 0) places[static_cast<size_t>(graph.node(p))] = from.place(p);
  }
  AplsGraph target = copy_for_injection(to);
  std::vector<int> images = inject_last_stays(target, places, parameters.snap_pixels());
  PointGraph there(target);
  for (int& image : images) {
    if (image >= 0) image = there.node(image);
  }
  return compare_routes(graph.hierarchy(), there.hierarchy(), images, threads);
}

}  // namespace

std::array<AplsGraph, 2> cosmiq_graphs(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                                       const AplsParameters& parameters) {
  std::array<AplsGraph, 2> graphs{build_graph(truth, Joined::two_neighbours),
                                  build_graph(prediction, Joined::two_neighbours)};
  drop_loops_and_doubles(graphs[0]);
  drop_short_pieces(graphs[0], kShortestTruth / parameters.pixel,
                    [](const Piece& piece) { return piece.points.size() <= kMostNodes; });
  drop_short_pieces(graphs[1], kShortestPrediction, [](const Piece& piece) { return piece.vertices <= kMostVertices; });
  drop_loops_and_doubles(graphs[1]);
  return graphs;
}

ImageApls score_image_cosmiq(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                             const AplsParameters& parameters, int threads) {
  const std::array<AplsGraph, 2> plain = cosmiq_graphs(truth, prediction, parameters);
  std::array<AplsGraph, 2> split = plain;
  ImageApls result;
  const bool small = plain[0].nodes.size() < kBigTruth;
  for (size_t side = 0; side < 2; ++side) {
    if (small) add_midpoints(split[side], parameters, midpoints(parameters));
    result.nodes[side] = plain[side].nodes.size();
    result.edges[side] = static_cast<int64_t>(plain[side].edges_in_order().size());
    result.length[side] = road_metres(plain[side], parameters);
    result.control_points[side] = split[side].nodes.size();
  }
  const OneWay there = one_way(split[0], plain[1], parameters, threads);
  const OneWay back = one_way(split[1], plain[0], parameters, threads);
  if (there.routes == 0 || back.routes == 0) return result;
  result.truth_to_prediction = there.score();
  result.prediction_to_truth = back.score();
  result.score = harmonic_mean(there.score(), back.score());
  result.score_by_length = harmonic_mean(there.score_by_length(), back.score_by_length());
  return result;
}

}  // namespace ppl::score
