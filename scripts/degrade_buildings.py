#!/usr/bin/env python3
"""Building polygons as a map might have them, made from true ones: shifted, missing, invented.

degrade_buildings.py TRUE.csv OUT --pixel METRES --size PIXELS [--shift 1.0] [--missing 0.15] [--invented 0.05] [--seed 0]
TRUE.csv is what `vectorize buildings` writes for masks of --size pixels a side (simplify there). Into the folder OUT go
buildings.geojson and tiles.csv, which places the tiles 1 km apart, for `rasterize --theme buildings --table`.

- Each building moves by up to --shift metres in any direction; what the tile's edge cut off is taken to go on outside.
- Each is left out with the chance --missing, and with the chance --invented a tile gets one of 4 to 10 m a side.
"""
import math

import degraded_map

BEYOND = 100.0  # metres that a building cut by the tile's edge is taken to go on


def continued(v, size, beyond):
    return -beyond if v <= 0 else size + beyond if v >= size else v


def moved(ring, dx, dy, o):
    beyond = BEYOND / o.pixel
    return [(continued(x, o.size, beyond) + dx, continued(y, o.size, beyond) + dy) for x, y in ring]


def invented(draw, size, pixel):
    w, h, turn = draw.uniform(4, 10) / pixel / 2, draw.uniform(4, 10) / pixel / 2, draw.uniform(0, math.pi / 2)
    x, y, c, s = draw.uniform(0, size), draw.uniform(0, size), math.cos(turn), math.sin(turn)
    corners = [(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h)]
    return [[(x + c * a - s * b, y + s * a + c * b) for a, b in corners]]


def degraded(polygons, draw, o):
    """Polygons of one tile in pixels -> what the map has of them."""
    fates = [degraded_map.fate(draw, o) for _ in polygons]
    out = [[moved(ring, *fate, o) for ring in polygon] for polygon, fate in zip(polygons, fates) if fate]
    if draw.random() < o.invented:
        out.append(invented(draw, o.size, o.pixel))
    return out


def main():
    o = degraded_map.options(__doc__, shift=1.0, missing=0.15, invented=0.05)
    tiles = degraded_map.read_tiles(o.true, "PolygonWKT_Pix")
    degraded_map.write_map(o, "buildings.geojson", tiles, degraded,
                           lambda rings: {"type": "Polygon", "coordinates": rings})


if __name__ == "__main__":
    main()
