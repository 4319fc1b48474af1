#!/usr/bin/env python3
"""The relaxed precision-recall curve once more: each threshold by itself, every disc looked through.

curve.py SCORE     exit code 77 where there is no NumPy
"""
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from peer import Comparison, score

try:
    import numpy as np
except ImportError:
    print("skipped: no NumPy here")
    sys.exit(77)


def write_png(path, pixels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *pixels.shape[::-1], 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def near(mask, radius):
    found = np.zeros_like(mask)
    for r, c in np.argwhere(mask):
        for y in range(max(0, r - radius), min(mask.shape[0], r + radius + 1)):
            for x in range(max(0, c - radius), min(mask.shape[1], c + radius + 1)):
                found[y, x] |= (y - r) ** 2 + (x - c) ** 2 <= radius ** 2
    return found


def main(program):
    close = Comparison("curve", 1e-12)
    rng = np.random.default_rng(5)
    for radius in (0, 1, 3):
        with tempfile.TemporaryDirectory() as folder:
            counts = np.zeros((255, 4))
            for name in ("truth", "found"):
                (Path(folder) / name).mkdir()
            for tile in range(2):
                truth = (rng.random((23, 31)) < 0.06).astype(np.uint8)
                truth[rng.random(truth.shape) < 0.03] = 255  # ignored
                found = np.where(near(truth == 1, 2), rng.integers(90, 256, truth.shape), rng.integers(0, 130, truth.shape))
                write_png(Path(folder) / "truth" / f"{tile}_mask.png", truth)
                write_png(Path(folder) / "found" / f"{tile}_mask.png", found.astype(np.uint8))
                counted, drawn = truth != 255, truth == 1
                for k in range(255):
                    over = found > k
                    counts[k] += [(over & counted).sum(), (over & counted & near(drawn, radius)).sum(), drawn.sum(),
                                  (drawn & near(over, radius)).sum()]
            got = score(program, "iou", Path(folder) / "truth", Path(folder) / "found", "--pr-curve", radius)
            rows = [(k, c) for k, c in enumerate(counts) if c[0] > 0]
            close("points", len(rows), len(got["curve"]))
            ahead = []
            for (k, c), point in zip(reversed(rows), got["curve"]):
                precision, recall = c[1] / c[0], c[3] / c[2]
                close(f"{k}: threshold", (k + 0.5) / 255, point["threshold"])
                close(f"{k}: precision", precision, point["precision"])
                close(f"{k}: recall", recall, point["recall"])
                ahead.append((precision - recall, precision, (k + 0.5) / 255))
            for a, b in zip(ahead, ahead[1:]):
                if a[0] > 0 >= b[0]:
                    t = a[0] / (a[0] - b[0])
                    close("break-even", a[1] + t * (b[1] - a[1]), got["break_even"]["rate"])
                    close("its threshold", a[2] + t * (b[2] - a[2]), got["break_even"]["threshold"])
                    break
    close.done(2000)


main(sys.argv[1])
