#!/usr/bin/env python3
"""Packed tiles (io/README.md) of bright bars on noisy ground, and their masks, for runs on machines without images.

  make_packed_tiles.py FILE [--tiles 16] [--side 512] [--seed 1]
"""
import argparse
import json
import random
import struct

MAGIC, VERSION, BANDS, ALIGNMENT = b"PPLTILES", 1, 3, 64


def tile(rng, side):
    """-> image [side,side,3], mask [side,side] of one upright or lying bar."""
    width = max(2, side // 10)
    at = rng.randrange(side - width)
    noise = bytes(max(0, min(255, round(rng.gauss(90, 25)))) for _ in range(4 * side * BANDS))
    bar = bytes(min(255, v + 90) for v in noise)
    image, mask = bytearray(), bytearray()
    lies = rng.random() < 0.5
    for y in range(side):
        begin = rng.randrange(3 * side) * BANDS
        dark, bright = noise[begin:begin + side * BANDS], bar[begin:begin + side * BANDS]
        if lies:
            inside = at <= y < at + width
            image += bright if inside else dark
            mask += bytes([inside]) * side
        else:
            image += dark[:at * BANDS] + bright[at * BANDS:(at + width) * BANDS] + dark[(at + width) * BANDS:]
            mask += bytes(at) + b"\1" * width + bytes(side - at - width)
    return bytes(image), bytes(mask)


def write(path, tiles, side, seed):
    rng = random.Random(seed)
    records, ids = [], b""
    with open(path, "wb") as f:
        def pad():
            f.write(bytes(-f.tell() % ALIGNMENT))

        f.write(bytes(64))  # the header follows at the end
        for i in range(tiles):
            image, mask = tile(rng, side)
            pad()
            name = b"bar%04d" % i
            records.append(struct.pack("<QQIIII", f.tell(), f.tell() + len(image), side, side, len(ids), len(name)))
            ids += name
            f.write(image + mask)
        pad()
        index = f.tell()
        f.write(b"".join(records))
        ids_at = f.tell()
        f.write(ids)
        about_at = f.tell()
        about = json.dumps({"classes": 1, "input": {"bands": [3, 2, 1]}}).encode()
        f.write(about)
        f.seek(0)
        f.write(struct.pack("<8sIIQQQQQQ", MAGIC, VERSION, BANDS, tiles, index, ids_at, len(ids), about_at, len(about)))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("file")
    p.add_argument("--tiles", type=int, default=16)
    p.add_argument("--side", type=int, default=512)
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    write(o.file, o.tiles, o.side, o.seed)
