#!/usr/bin/env python3
"""Building polygons as a map might have them, made from true ones: shifted, missing, invented.

degrade_buildings.py TRUE.csv OUT --pixel METRES --size PIXELS [--shift 1.0] [--missing 0.15] [--invented 0.05] [--seed 0]
TRUE.csv is what `vectorize buildings` writes for masks of --size pixels a side (simplify there). Into the folder OUT go
buildings.geojson and tiles.csv, which places the tiles 1 km apart, for `rasterize --theme buildings --table`.

- Each building moves by up to --shift metres in any direction; what the tile's edge cut off is taken to go on outside.
- Each is left out with the chance --missing, and with the chance --invented a tile gets one of 4 to 10 m a side.
"""
import argparse
import csv
import json
import math
import pathlib
import random
import re
import sys

BEYOND = 100.0  # metres that a building cut by the tile's edge is taken to go on
CRS = "EPSG:2193"  # any in metres whose axes are east and north


def rings(wkt):
    return [[tuple(map(float, p.split())) for p in r.split(",")] for r in re.findall(r"\(([^()]+)\)", wkt)]


def continued(v, size, beyond):
    return -beyond if v <= 0 else size + beyond if v >= size else v


def moved(ring, dx, dy, size, pixel):
    beyond = BEYOND / pixel
    return [(continued(x, size, beyond) + dx / pixel, continued(y, size, beyond) + dy / pixel) for x, y in ring]


def invented(draw, size, pixel):
    w, h, turn = draw.uniform(4, 10) / pixel / 2, draw.uniform(4, 10) / pixel / 2, draw.uniform(0, math.pi / 2)
    x, y, c, s = draw.uniform(0, size), draw.uniform(0, size), math.cos(turn), math.sin(turn)
    corners = [(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h)]
    return [[(x + c * a - s * b, y + s * a + c * b) for a, b in corners]]


def degraded(polygons, draw, o):
    """Polygons of one tile in pixels -> what the map has of them."""
    out = []
    for polygon in polygons:
        angle, far, gone = draw.uniform(0, 2 * math.pi), o.shift * math.sqrt(draw.random()), draw.random() < o.missing
        if not gone:
            out.append([moved(r, far * math.cos(angle), far * math.sin(angle), o.size, o.pixel) for r in polygon])
    if draw.random() < o.invented:
        out.append(invented(draw, o.size, o.pixel))
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("true"), p.add_argument("out", type=pathlib.Path)
    p.add_argument("--pixel", type=float, required=True), p.add_argument("--size", type=int, required=True)
    p.add_argument("--shift", type=float, default=1.0), p.add_argument("--missing", type=float, default=0.15)
    p.add_argument("--invented", type=float, default=0.05), p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    draw, tiles = random.Random(o.seed), {}
    try:
        with open(o.true, newline="") as f:
            for row in csv.DictReader(f):
                tile = tiles.setdefault(row["ImageId"], [])
                if not row["PolygonWKT_Pix"].endswith("EMPTY"):
                    tile.append(rings(row["PolygonWKT_Pix"]))
    except (OSError, UnicodeDecodeError, ValueError) as e:
        sys.exit(f"degrade_buildings: {o.true}: {e}")
    except (KeyError, AttributeError) as e:
        sys.exit(f"degrade_buildings: {o.true}: expected columns ImageId and PolygonWKT_Pix in every row ({e})")
    if not tiles:
        sys.exit(f"degrade_buildings: {o.true}: expected rows of polygons, found none")
    o.out.mkdir(parents=True, exist_ok=True)
    features = []
    with open(o.out / "tiles.csv", "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["id", "transform", "crs", "width", "height"])
        for i, (name, polygons) in enumerate(sorted(tiles.items())):
            west, north = 1_500_000.0 + 1000 * (i % 100), 5_400_000.0 + 1000 * (i // 100)
            table.writerow([name, f"{west} {o.pixel} 0 {north} 0 {-o.pixel}", CRS, o.size, o.size])
            for polygon in degraded(polygons, draw, o):
                place = [[[west + x * o.pixel, north - y * o.pixel] for x, y in ring] for ring in polygon]
                features.append({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": place}})
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2193"}}
    (o.out / "buildings.geojson").write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))


if __name__ == "__main__":
    main()
