#!/usr/bin/env python3
"""Writes a SpaceNet table of many made-up images, to measure memory: big_table.py roads|buildings FILE BYTES

  scripts/big_table.py roads /tmp/big.csv 1000000000
  /usr/bin/time -v build/bin/score roads /tmp/big.csv /tmp/big.csv --quiet
  scripts/big_table.py buildings /tmp/big.csv 1000000000
  /usr/bin/time -v build/bin/score buildings /tmp/big.csv /tmp/big.csv --quiet
"""
import random
import sys

SHEETS = 400  # images that differ, the rest repeat them


def line_string():
    x, y = random.uniform(0, 1300), random.uniform(0, 1300)
    points = []
    for _ in range(random.randint(2, 14)):
        points.append(f"{x:.4f} {y:.4f}")
        x += random.uniform(5, 60)
        y += random.uniform(-30, 60)
    return f'"LINESTRING ({", ".join(points)})"'


def road_sheet():
    return ["%s," + line_string() + "\n" for _ in range(90)]


def polygon(x, y):
    w, h, notch = random.uniform(8, 30), random.uniform(8, 30), random.uniform(0.2, 0.8)
    corners = [(0, 0), (w, 0), (w, h * notch), (w * notch, h * notch), (w * notch, h), (0, h), (0, 0)]
    return '"POLYGON ((' + ", ".join(f"{x + dx:.4f} {y + dy:.4f}" for dx, dy in corners) + '))"'


def building_sheet():
    places = random.sample(range(18 * 18), 60)
    return [f"%s,{n},{polygon(p % 18 * 36, p // 18 * 36)},{random.random():.4f}\n" for n, p in enumerate(places, 1)]


KINDS = {"roads": ("ImageId,WKT_Pix\n", road_sheet),
         "buildings": ("ImageId,BuildingId,PolygonWKT_Pix,Confidence\n", building_sheet)}


def main():
    kind, path, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    header, sheet = KINDS[kind]
    random.seed(1)
    sheets = ["".join(sheet()) for _ in range(SHEETS)]
    with open(path, "w") as file:
        written = file.write(header)
        image = 0
        while written < size:
            written += file.write(sheets[image % SHEETS].replace("%s", f"AOI_2_Vegas_img{image}"))
            image += 1


if __name__ == "__main__":
    main()
