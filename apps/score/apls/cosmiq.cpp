#include "apps/score/apls/cosmiq.h"

#include <map>

#include "apps/score/apls/injection.h"
#include "apps/score/apls/routes.h"

namespace ppl::score {
namespace {

constexpr int kBigTruth = 500;  // nodes

// Every end of an edge is a node of its own, ghosts too.
struct PointGraph {
  explicit PointGraph(const Network& network) : index(static_cast<size_t>(network.points()), -1) {
    for (int p = 0; p < network.points(); ++p) {
      for (const int e : network.edges_at(p)) {
        const Edge& edge = network.edge(e);
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

// Points of `network` that the places become, -1 for those that are too far or lost their node to a later one.
std::vector<int> inject_last_stays(Network& network, const std::vector<Point>& places, double snap_pixels) {
  const std::unique_ptr<Locator> locator = grid(network, snap_pixels);
  std::vector<int> images;
  std::map<int, size_t> owner;  // of a node that was there before
  for (const Point place : places) {
    images.push_back(-1);
    const NearestEdge nearest = locator->nearest_edge(place);
    if (nearest.edge < 0 || !(nearest.distance <= snap_pixels)) continue;
    images.back() = nearest.hit >= 0 ? nearest.hit : split_edge(network, nearest, *locator);
    const auto [known, fresh] = owner.try_emplace(images.back(), images.size() - 1);
    if (!fresh) images[std::exchange(known->second, images.size() - 1)] = -1;
  }
  return images;
}

OneWay one_way(const Network& from, const Network& to, const AplsParameters& parameters, int threads) {
  PointGraph graph(from);
  std::vector<Point> places(static_cast<size_t>(graph.nodes));
  for (int p = 0; p < from.points(); ++p) {
    if (graph.index[static_cast<size_t>(p)] >= 0) places[static_cast<size_t>(graph.node(p))] = from.place(p);
  }
  Network target = copy_for_injection(to);
  std::vector<int> images = inject_last_stays(target, places, parameters.snap_pixels());
  PointGraph there(target);
  for (int& image : images) {
    if (image >= 0) image = there.node(image);
  }
  return compare_routes(graph.hierarchy(), there.hierarchy(), images, threads);
}

}  // namespace

ImageApls score_image_cosmiq(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& proposal,
                             const AplsParameters& parameters, int threads) {
  const std::array<Network, 2> plain{build_network(truth), build_network(proposal)};
  std::array<Network, 2> split = plain;
  ImageApls result;
  const bool midpoints = plain[0].nodes.size() < kBigTruth;
  for (size_t side = 0; side < 2; ++side) {
    if (midpoints) add_midpoints(split[side], parameters);
    result.nodes[side] = plain[side].nodes.size();
    result.edges[side] = static_cast<int64_t>(plain[side].edges_in_order().size());
    result.length[side] = road_metres(plain[side], parameters);
    result.control_points[side] = split[side].nodes.size();
  }
  const OneWay there = one_way(split[0], plain[1], parameters, threads);
  const OneWay back = one_way(split[1], plain[0], parameters, threads);
  if (there.routes == 0 || back.routes == 0) return result;
  result.truth_to_proposal = there.score();
  result.proposal_to_truth = back.score();
  result.score = harmonic_mean(there.score(), back.score());
  result.score_by_length = harmonic_mean(there.score_by_length(), back.score_by_length());
  return result;
}

}  // namespace ppl::score
