#!/usr/bin/env python3
"""The masks of a grid of tiles by rasterio and shapely: what scripts/compare_rasterize.sh measures rasterize beside.

compare_rasterize.py EXTRACT.osm.pbf EPSG PIXEL OUT WIDTHS.json WEST SOUTH EAST NORTH [EVERY]
Same classes, widths and tunnels left out, from the table that `rasterize --print-widths` prints; 512 x 512 tiles and a
manifest. One process: what is native here (reading, projecting, buffering, burning, writing) is called for all roads or
for a tile at once. Multipolygon relations are left out, and metres are those of the grid.
"""
import collections
import json
import math
import re
import sys
import time
import warnings

import numpy as np
import osmium
import pyproj
import rasterio
import shapely
from rasterio import features


warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)


class Roads(osmium.SimpleHandler):
    def __init__(self, table):
        super().__init__()
        self.table, self.lines, self.widths, self.areas, self.kinds = table, [], [], [], []

    def width(self, tags):
        if re.fullmatch(r"\d+(\.\d+)?", tags.get("width", "")):
            return float(tags["width"])
        if tags.get("lanes", "").isdigit():
            return int(tags["lanes"]) * self.table["lane_width"]
        return self.table["classes"][tags["highway"]]["width"]

    def way(self, way):
        tags = way.tags
        if tags.get("highway") not in self.table["classes"] or tags.get("tunnel", "no") != "no":
            return
        area = tags.get("area") == "yes" and way.is_closed()
        parts = [[]]
        for node in way.nodes:  # cut where nodes are missing
            if node.location.valid():
                parts[-1].append((node.lon, node.lat))
            else:
                parts.append([])
        for part in parts:
            if len(part) > (3 if area else 1):
                self.lines.append(part)
                self.areas.append(area)
                self.kinds.append(tags["highway"])
                self.widths.append(self.width(tags))


def main(extract, epsg, pixel, out, table, west, south, east, north, every=1):
    pixel, every = float(pixel), int(every)
    west, south, east, north = (float(v) for v in (west, south, east, north))
    start = time.time()
    roads = Roads(json.load(open(table)))
    roads.apply_file(extract, locations=True)
    project = pyproj.Transformer.from_crs(4326, int(epsg), always_xy=True)
    counts = np.array([len(line) for line in roads.lines])
    flat = np.concatenate([np.array(line) for line in roads.lines])
    x, y = project.transform(flat[:, 0], flat[:, 1])
    lines = shapely.linestrings(np.column_stack([x, y]), indices=np.repeat(np.arange(len(counts)), counts))
    shapes = shapely.buffer(lines, np.array(roads.widths) / 2)
    areas = np.array(roads.areas)
    shapes[areas] = shapely.polygons(shapely.linearrings(shapely.get_coordinates(lines[areas]),
                                     indices=np.repeat(np.arange(areas.sum()), counts[areas])))
    tree = shapely.STRtree(shapes)
    read = time.time() - start
    side = 512 * pixel
    columns, rows = math.ceil((east - west) / side), math.ceil((north - south) / side)
    drawn = 0
    manifest = []
    for number in range(0, rows * columns, every):
        row, column = divmod(number, columns)
        left, top = west + column * side, north - row * side
        near = tree.query(shapely.box(left, top - side, left + side, top))
        transform = rasterio.transform.from_origin(left, top, pixel, pixel)
        mask = np.zeros((512, 512), np.uint8)
        if len(near):
            mask = features.rasterize(shapes[near], out_shape=(512, 512), transform=transform, default_value=1)
        with rasterio.open(f"{out}/r{row}c{column}_mask.png", "w", driver="PNG", width=512, height=512, count=1,
                           dtype="uint8", nbits=1) as file:
            file.write(mask, 1)
        manifest.append(json.dumps({"id": f"r{row}c{column}", "mask": f"r{row}c{column}_mask.png", "width": 512,
                                    "height": 512, "foreground": float(mask.mean()), "features": len(near),
                                    "by_class": collections.Counter(roads.kinds[i] for i in near)}))
        drawn += 1
    with open(f"{out}/manifest.jsonl", "w") as file:
        file.write("\n".join(manifest) + "\n")
    print(json.dumps({"tiles": drawn, "read_seconds": read, "draw_seconds": time.time() - start - read}))


if __name__ == "__main__":
    main(*sys.argv[1:])
