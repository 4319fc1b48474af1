#include <algorithm>
#include <cmath>

#include "apps/town/paint/paint.h"

namespace ppl::synthetic {
namespace {

Point at(const Lot& lot, double along, double across) {
  return lot.centre + lot.axis * (along * lot.length) + left_of(lot.axis) * (across * lot.depth);
}

void paint_garden(const Lot& lot, Rng& rng, Canvas& canvas) {
  static const Colour lawns[] = {rgb(96, 116, 66), rgb(112, 124, 76), rgb(84, 106, 62), rgb(130, 130, 88)};
  canvas.fill(rectangle(lot.centre, lot.axis, lot.length - 0.8, lot.depth - 0.6),
              varied(lawns[rng.index(4)], 0.1, rng));
  const int beds = rng.index(4);
  for (int i = 0; i < beds; ++i) {
    const Point bed = at(lot, rng.uniform(-0.42, 0.42), rng.uniform(-0.42, 0.42));
    canvas.fill(rectangle(bed, lot.axis, rng.uniform(1.5, 5), rng.uniform(1, 3)), varied(rgb(104, 90, 68), 0.25, rng));
  }
  if (rng.chance(0.6)) {
    const Point terrace = at(lot, rng.uniform(-0.2, 0.2), rng.uniform(-0.12, 0.12));
    canvas.fill(rectangle(terrace, lot.axis, rng.uniform(4, 8), rng.uniform(9, 14)),
                varied(rgb(160, 152, 140), 0.1, rng));
  }
  // Hedges and fences on some of the boundaries.
  const Line border = rectangle(lot.centre, lot.axis, lot.length, lot.depth);
  for (size_t i = 0; i < border.size(); ++i) {
    const double roll = rng.uniform(0, 1);
    if (roll > 0.62) continue;
    const bool hedge = roll < 0.36;
    canvas.stroke({border[i], border[(i + 1) % border.size()]}, hedge ? rng.uniform(0.9, 1.5) : 0.3,
                  varied(hedge ? rgb(62, 82, 48) : rgb(134, 128, 112), 0.15, rng));
  }
  if (rng.chance(0.1)) {
    const Point pool = at(lot, rng.uniform(-0.25, 0.25), rng.chance(0.5) ? 0.36 : -0.36);
    canvas.fill(rectangle(pool, lot.axis, 8, 4.4), rgb(178, 176, 168));
    canvas.fill(rectangle(pool, lot.axis, 7, 3.4), rgb(98, 170, 184));
  }
}

void paint_pavement(const Lot& lot, Rng& rng, Canvas& canvas) {
  const bool yard = lot.kind == LotKind::yard;
  const Colour colour = varied(yard ? rgb(136, 132, 124) : rgb(150, 146, 138), 0.1, rng);
  canvas.fill(rectangle(lot.centre, lot.axis, lot.length, lot.depth), colour);
  const int patches = yard ? 9 : 3;
  for (int i = 0; i < patches; ++i) {
    const Point p = at(lot, rng.uniform(-0.42, 0.42), rng.uniform(-0.42, 0.42));
    canvas.fill(rectangle(p, lot.axis, rng.uniform(2, 10), rng.uniform(1, 5)), varied(colour, 0.12, rng));
  }
  // Containers and pallets.
  static const Colour goods[] = {rgb(150, 70, 55), rgb(60, 88, 128), rgb(196, 192, 184), rgb(84, 110, 84)};
  const int count = yard ? rng.index(8) : 0;
  for (int i = 0; i < count; ++i) {
    const Point p = at(lot, rng.uniform(-0.46, 0.46), rng.chance(0.5) ? 0.45 : -0.45);
    canvas.fill(rectangle(p, lot.axis, rng.chance(0.5) ? 6.1 : 12.2, 2.5), varied(goods[rng.index(4)], 0.15, rng));
  }
}

void paint_parking(const Lot& lot, Rng& rng, Canvas& canvas) {
  const Colour asphalt = varied(kLotAsphalt, 0.07, rng), paint = rgb(176, 175, 170);
  canvas.fill(rectangle(lot.centre, lot.axis, lot.length + 0.6, lot.depth + 0.6), rgb(160, 156, 148));
  canvas.fill(rectangle(lot.centre, lot.axis, lot.length, lot.depth), asphalt);
  const Point across = left_of(lot.axis);
  for (const double row : {-1.0, 1.0}) {
    for (double s = -lot.length / 2 + 1.7; s < lot.length / 2 - 0.5; s += 2.6) {
      const Point outer = lot.centre + lot.axis * s + across * (row * (lot.depth / 2 - 0.4));
      canvas.stroke({outer, outer - across * (row * 5)}, 0.22, paint);
    }
  }
}

}  // namespace

void paint_lots(const Town& town, Canvas& canvas) {
  for (const Lot& lot : town.lots) {
    if (!canvas.sees(lot.centre, lot.length + lot.depth)) continue;
    Rng rng(lot.seed);
    if (lot.kind == LotKind::garden) paint_garden(lot, rng, canvas);
    if (lot.kind == LotKind::paved || lot.kind == LotKind::yard) paint_pavement(lot, rng, canvas);
    if (lot.kind == LotKind::parking) paint_parking(lot, rng, canvas);
  }
  static const Colour surfaces[] = {rgb(146, 142, 136), rgb(120, 118, 116), rgb(158, 138, 118), rgb(140, 122, 108)};
  for (const Drive& drive : town.drives) {
    Rng rng(drive.seed);
    canvas.stroke(drive.line, drive.width, varied(surfaces[rng.index(4)], 0.1, rng));
  }
}

}  // namespace ppl::synthetic
