#include <memory>

#include "apps/score/apls/injection.h"
#include "apps/score/apls/one_way.h"
#include "apps/score/apls/point_routes.h"

namespace ppl::score {

OneWay one_way_literal(const AplsGraph& from, const AplsGraph& to, const AplsParameters& parameters) {
  PointRoutes routes(from);
  AplsGraph target = copy_for_injection(to);
  std::vector<Point> places;
  for (const int node : routes.nodes()) places.push_back(from.place(node));
  const std::unique_ptr<Locator> locator = scan(target);
  const Injection injection = inject(target, places, parameters.snap_pixels(), *locator);
  PointRoutes target_routes(target);
  for (const auto& [point, distance] : injection.new_points) target_routes.set_ghost(point, distance);
  OneWay total;
  for (size_t s = 0; s < places.size(); ++s) total.add(walk_routes(routes, target_routes, injection.images, s));
  total.walked = static_cast<int64_t>(places.size());
  return total;
}

}  // namespace ppl::score
