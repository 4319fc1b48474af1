#!/usr/bin/env python3
"""Road centre lines as a map of a less mapped place might have them, made from true ones: shifted, missing, invented.

degrade_roads.py TRUE.csv OUT --pixel METRES --size PIXELS [--shift 5.0] [--missing 0.15] [--invented 0.5] [--seed 0]
TRUE.csv is what `vectorize roads` writes for masks of --size pixels a side (simplify there): a way from one junction to
the next. Into the folder OUT go roads.geojson and tiles.csv, which places the tiles 1 km apart, for `rasterize`.

- Each way moves by up to --shift metres in any direction; where ways meet, their ends move together, by the mean of
  their shifts. A way that ends at the tile's edge is taken to go on outside.
- Each is left out with the chance --missing, whatever its length and place.
- With the chance --invented a tile gets a straight one of 50 to 200 m: a track, or a road that was never built.
"""
import math

import degraded_map

EDGE = 1.0  # pixels from the tile's edge within which `vectorize` ends ways that leave the tile
BEYOND = 100.0  # metres that they are taken to go on


def outside(point, o):
    """Where a way that ends at a point goes on to, or None."""
    def past(v):
        return -BEYOND / o.pixel if v <= EDGE else o.size + BEYOND / o.pixel if v >= o.size - EDGE else v
    further = tuple(past(v) for v in point)
    return None if further == point else further


def mean_shifts_of_ends(ways):
    at = {}
    for line, shift in ways:
        for end in {line[0], line[-1]}:
            at.setdefault(end, []).append(shift)
    return {end: [sum(s) / len(s) for s in zip(*shifts)] for end, shifts in at.items()}


def moved(line, shift, ends, o):
    points = [(p, ends[p] if i in (0, len(line) - 1) else shift) for i, p in enumerate(line)]
    before, after = outside(line[0], o), outside(line[-1], o)
    points = [(before, ends[line[0]])] * (before is not None) + points + [(after, ends[line[-1]])] * (after is not None)
    return [(x + dx, y + dy) for (x, y), (dx, dy) in points]


def invented(draw, size, pixel):
    x, y, angle = draw.uniform(0, size), draw.uniform(0, size), draw.uniform(0, 2 * math.pi)
    length = draw.uniform(50, 200) / pixel
    return [(x, y), (x + length * math.cos(angle), y + length * math.sin(angle))]


def degraded(shapes, draw, o):
    """Ways of one tile in pixels -> what the map has of them."""
    ways = [(line, shift) for (line,) in shapes if (shift := degraded_map.fate(draw, o))]
    ends = mean_shifts_of_ends(ways)
    out = [[moved(line, shift, ends, o)] for line, shift in ways]
    if draw.random() < o.invented:
        out.append([invented(draw, o.size, o.pixel)])
    return out


def main():
    o = degraded_map.options(__doc__, shift=5.0, missing=0.15, invented=0.5)
    tiles = degraded_map.read_tiles(o.true, "WKT_Pix")
    degraded_map.write_map(o, "roads.geojson", tiles, degraded,
                           lambda lines: {"type": "LineString", "coordinates": lines[0]})


if __name__ == "__main__":
    main()
