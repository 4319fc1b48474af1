#include <cmath>

#include "apps/town/settle.h"

namespace ppl::synthetic {
namespace {

// The main wing with a second one that leaves its long side at a right angle, as eight corners in order (two coincide
// where it is flush).
Line l_shape(const Wing& main, const Wing& second) {
  const Point along = main.axis * (main.length / 2), across = left_of(main.axis) * (main.width / 2);
  const double side = (second.centre - main.centre).dot(left_of(main.axis)) > 0 ? 1 : -1;
  const double at = (second.centre - main.centre).dot(main.axis);
  const double far = std::abs((second.centre - main.centre).dot(left_of(main.axis))) + second.length / 2;
  const Point foot = main.centre + main.axis * at, out = left_of(main.axis) * side;
  const Point half = main.axis * (second.width / 2);
  return {main.centre - along - across * side,
          main.centre + along - across * side,
          main.centre + along + across * side,
          foot + half + out * (main.width / 2),
          foot + half + out * far,
          foot - half + out * far,
          foot - half + out * (main.width / 2),
          main.centre - along + across * side};
}

}  // namespace

Building make_house(Point centre, Point axis, double length, double width, Rng& rng) {
  Building house{rng.chance(0.62) ? Roof::gable : Roof::hip, {}, {}, rng.uniform(4.0, 6.5), rng.next()};
  if (rng.chance(0.1)) house.roof = Roof::flat;
  const bool turned = rng.chance(0.3);
  if (turned) std::swap(length, width);
  Wing main{centre, axis, length, width};
  if (width > length) main = {centre, left_of(axis), width, length};
  house.wings.push_back(main);
  house.outline = rectangle(main.centre, main.axis, main.length, main.width);
  if (rng.chance(0.33) && main.length > 9) {
    const double narrow = std::min(main.width * rng.uniform(0.7, 0.95), main.length * 0.6);
    const double out = main.width / 2 + rng.uniform(3, 5.5);
    const double room = main.length / 2 - narrow / 2;
    const double at = rng.chance(0.6) ? (rng.chance(0.5) ? room : -room) : rng.uniform(-room, room);
    const Point away = left_of(main.axis) * (rng.chance(0.5) ? 1.0 : -1.0);
    // The wing's ridge starts at the main ridge and ends at the gable.
    house.wings.push_back({centre + main.axis * at + away * (out / 2), away, out, narrow});
    house.outline = l_shape(main, house.wings[1]);
  }
  return house;
}

Building make_block(Point centre, Point axis, double length, double width, double height, Rng& rng) {
  Building block{rng.chance(0.6) ? Roof::flat : Roof::gable, {{centre, axis, length, width}}, {}, height, rng.next()};
  if (width > 18 || width > length) block.roof = Roof::flat;
  block.outline = rectangle(centre, axis, length, width);
  return block;
}

}  // namespace ppl::synthetic
