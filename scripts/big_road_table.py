#!/usr/bin/env python3
"""Writes a SpaceNet road table of many made-up images, to measure memory: big_road_table.py FILE BYTES

  scripts/big_road_table.py /tmp/big.csv 1000000000
  /usr/bin/time -v build/bin/score roads /tmp/big.csv /tmp/big.csv --quiet
"""
import random
import sys

ROWS, SHEETS = 90, 400  # rows of an image; images that differ, the rest repeat them


def row():
    x, y = random.uniform(0, 1300), random.uniform(0, 1300)
    points = []
    for _ in range(random.randint(2, 14)):
        points.append(f"{x:.4f} {y:.4f}")
        x += random.uniform(5, 60)
        y += random.uniform(-30, 60)
    return f'"LINESTRING ({", ".join(points)})"'


def main():
    path, size = sys.argv[1], int(sys.argv[2])
    random.seed(1)
    sheets = [[row() for _ in range(ROWS)] for _ in range(SHEETS)]
    with open(path, "w") as file:
        written = file.write("ImageId,WKT_Pix\n")
        image = 0
        while written < size:
            written += file.write("".join(f"AOI_2_Vegas_img{image},{line}\n" for line in sheets[image % SHEETS]))
            image += 1


if __name__ == "__main__":
    main()
