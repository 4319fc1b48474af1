"""What degrade_buildings.py and degrade_roads.py share: SpaceNet's tables of tiles in, a degraded map of them out."""
import argparse
import csv
import json
import math
import pathlib
import random
import re
import sys

CRS = "EPSG:2193"  # any in metres whose axes are east and north


def options(description, shift, missing, invented):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("true"), p.add_argument("out", type=pathlib.Path)
    p.add_argument("--pixel", type=float, required=True), p.add_argument("--size", type=int, required=True)
    p.add_argument("--shift", type=float, default=shift), p.add_argument("--missing", type=float, default=missing)
    p.add_argument("--invented", type=float, default=invented), p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


def fate(draw, o):
    """How far from its place (pixels east and south) the map has a thing; None where it lacks it."""
    angle, far, missing = draw.uniform(0, 2 * math.pi), o.shift * math.sqrt(draw.random()), draw.random() < o.missing
    return None if missing else (far * math.cos(angle) / o.pixel, far * math.sin(angle) / o.pixel)


def lists_of_points(wkt):
    return [[tuple(map(float, p.split())) for p in part.split(",")] for part in re.findall(r"\(([^()]+)\)", wkt)]


def read_tiles(path, column):
    """Name of a tile -> the shapes of its rows in pixels, each as its lists of points."""
    program, tiles = pathlib.Path(sys.argv[0]).stem, {}
    try:
        with open(path, newline="") as f:
            for row in csv.DictReader(f):
                tile = tiles.setdefault(row["ImageId"], [])
                if not row[column].endswith("EMPTY"):
                    tile.append(lists_of_points(row[column]))
    except (OSError, UnicodeDecodeError, ValueError) as e:
        sys.exit(f"{program}: {path}: {e}")
    except (KeyError, AttributeError) as e:
        sys.exit(f"{program}: {path}: expected columns ImageId and {column} in every row ({e})")
    if not tiles:
        sys.exit(f"{program}: {path}: expected rows of shapes, found none")
    return tiles


def write_map(o, name, tiles, degraded, geometry):
    """o.out/name and o.out/tiles.csv, the tiles 1 km apart.

    degraded(shapes, draw, o): what the map has of a tile's shapes, each as lists of points in pixels.
    geometry(lists): the GeoJSON of such lists in metres.
    """
    o.out.mkdir(parents=True, exist_ok=True)
    draw, features = random.Random(o.seed), []
    with open(o.out / "tiles.csv", "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["id", "transform", "crs", "width", "height"])
        for i, (tile, shapes) in enumerate(sorted(tiles.items())):
            west, north = 1_500_000.0 + 1000 * (i % 100), 5_400_000.0 + 1000 * (i // 100)
            table.writerow([tile, f"{west} {o.pixel} 0 {north} 0 {-o.pixel}", CRS, o.size, o.size])
            for shape in degraded(shapes, draw, o):
                place = [[[west + x * o.pixel, north - y * o.pixel] for x, y in points] for points in shape]
                features.append({"type": "Feature", "properties": {}, "geometry": geometry(place)})
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:" + CRS.replace(":", "::")}}
    (o.out / name).write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
