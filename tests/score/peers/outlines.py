#!/usr/bin/env python3
"""AP, PoLiS, C-IoU, ratio of vertices, tangent angles and F1 by size once more, of convex outlines clipped by hand.

outlines.py SCORE
"""
import math
import random
import sys
import tempfile
from pathlib import Path

from peer import Comparison, score


def area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1])) / 2


def clip(ring, by):
    """What of a ring lies inside a convex one (both run the way of positive area)."""
    for a, b in zip(by, by[1:] + by[:1]):
        side = [(b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) for p in ring]
        kept = []
        for i, p in enumerate(ring):
            j = (i + 1) % len(ring)
            if side[i] >= 0:
                kept.append(p)
            if side[i] * side[j] < 0:
                t = side[i] / (side[i] - side[j])
                kept.append((p[0] + t * (ring[j][0] - p[0]), p[1] + t * (ring[j][1] - p[1])))
        ring = kept
        if not ring:
            return []
    return ring


def overlap(a, b):
    both = clip(a, b)
    return area(both) if len(both) > 2 else 0.0


def iou(a, b):
    both = overlap(a, b)
    return both / (area(a) + area(b) - both)


def foot(p, ring):
    best = None
    for a, b in zip(ring, ring[1:] + ring[:1]):
        d = b[0] - a[0], b[1] - a[1]
        t = min(1, max(0, ((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / (d[0] ** 2 + d[1] ** 2)))
        q = a[0] + t * d[0], a[1] + t * d[1]
        if best is None or math.dist(p, q) < best[0]:
            best = math.dist(p, q), q
    return best


def polis(a, b):
    return sum(foot(p, b)[0] for p in a) / 2 / len(a) + sum(foot(p, a)[0] for p in b) / 2 / len(b)


def tangents(ring, other):
    walked, places, at = [0], [], 0
    for a, b in zip(ring, ring[1:] + ring[:1]):
        walked.append(walked[-1] + math.dist(a, b))
    while 2 * at < walked[-1] or not at:
        i = max(i for i, w in enumerate(walked[:-1]) if w <= 2 * at)
        t = (2 * at - walked[i]) / (walked[i + 1] - walked[i])
        a, b = ring[i], ring[(i + 1) % len(ring)]
        places.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
        at += 1
    places.append(ring[0])
    worst = None
    for p, q in zip(places, places[1:]):
        there = foot(p, other)[1], foot(q, other)[1]
        length = math.dist(*there) / math.dist(p, q)
        if 0.5 < length < 2:
            cosine = abs(sum((q[k] - p[k]) * (there[1][k] - there[0][k]) for k in (0, 1)))
            angle = math.degrees(math.acos(min(1, cosine / math.dist(p, q) / math.dist(*there))))
            worst = angle if worst is None else max(worst, angle)
    return worst


def average_precision(right, truths):
    found, curve = 0, []
    for i, r in enumerate(right):
        found += r
        curve.append((found / truths, found / (i + 1)))
    return sum(max([p for r, p in curve if r >= k / 100], default=0) for k in range(101)) / 101


def quad(rng, centre, side, turn, more):
    """A turned rectangle, with `more` further vertices on its first side."""
    w, h = side, side * rng.uniform(0.6, 1)
    corners = [(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)]
    ring = [(centre[0] + x * math.cos(turn) - y * math.sin(turn), centre[1] + x * math.sin(turn) + y * math.cos(turn))
            for x, y in corners]
    a, b = ring[:2]
    return ring[:1] + [(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))
                       for t in ((i + 1) / (more + 1) for i in range(more))] + ring[1:]


def matches(truths, found, least):
    """SpaceNet's: the surest first, each takes the free truth of greatest IoU."""
    taken, pairs = set(), {}
    for p in sorted(range(len(found)), key=lambda p: -found[p][1]):
        best = max(((iou(found[p][0], t), -k) for k, t in enumerate(truths) if k not in taken), default=(0, 0))
        if best[0] > least:
            taken.add(-best[1])
            pairs[p] = -best[1]
    return pairs


def main(program):
    close = Comparison("outlines", 1e-9)
    rng = random.Random(2)
    images = []
    for _ in range(3):
        truths, found = [], []
        for cell in range(12):
            centre = 80 * (cell % 4) + 40, 80 * (cell // 4) + 40
            side, turn = rng.choice((12, 30, 55)), rng.uniform(0, 1.5)
            if rng.random() < 0.9:
                truths.append(quad(rng, centre, side, turn, 0))
            if rng.random() < 0.9:
                moved = centre[0] + rng.gauss(0, side / 12), centre[1] + rng.gauss(0, side / 12)
                found.append((quad(rng, moved, side, turn + rng.gauss(0, 0.1), rng.randrange(3)), rng.random()))
        images.append((truths, found))
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, side in (("truth", 0), ("found", 1)):
            rows = ["ImageId,BuildingId,PolygonWKT_Pix,Confidence"]
            for i, image in enumerate(images):
                for k, building in enumerate(image[side]):
                    ring, sure = building if side else (building, 1)
                    points = ", ".join(f"{x!r} {y!r}" for x, y in ring + ring[:1])
                    rows.append(f'img_{i},{k},"POLYGON (({points}))",{sure!r}')
            paths.append(Path(folder) / f"{name}.csv")
            paths[-1].write_text("\n".join(rows) + "\n")
        got = score(program, "buildings", *paths, "--outlines", "--min-area", 0)["outlines"]
    total = sum(len(t) for t, _ in images)
    aps = []
    for step in range(10):
        least, ranked = 0.5 + 0.05 * step, []
        for truths, found in images:
            pairs = matches(truths, found, least - 1e-12)
            ranked += [(sure, p in pairs) for p, (_, sure) in enumerate(found)]
        aps.append(average_precision([r for _, r in sorted(ranked, key=lambda r: -r[0])], total))
    close("AP", sum(aps) / 10, got["ap"])
    close("AP50", aps[0], got["ap50"])
    close("AP75", aps[5], got["ap75"])
    together, complex_, ratios, distances, angles = [], [], [], [], []
    sizes = {k: [0, 0, 0] for k in ("small", "medium", "large")}
    for truths, found in images:
        rings = [ring for ring, _ in found]
        both = sum(overlap(a, b) for a in rings for b in truths)
        together.append(both / (sum(map(area, rings)) + sum(map(area, truths)) - both))
        n, m = sum(map(len, rings)), sum(map(len, truths))
        complex_.append(together[-1] * (1 - abs(n - m) / (n + m)))
        ratios.append(n / m)
        pairs = matches(truths, found, 0.5)
        distances += [polis(rings[p], truths[t]) for p, t in pairs.items()]
        angles += [tangents(rings[p], truths[t]) for p, t in pairs.items()]
        kind = lambda ring: "small" if area(ring) < 1024 else "medium" if area(ring) < 9216 else "large"
        for t, ring in enumerate(truths):
            sizes[kind(ring)][0 if t in pairs.values() else 2] += 1
        for p, ring in enumerate(rings):
            sizes[kind(ring)][1] += p not in pairs
    mean = lambda values: sum(values) / len(values)
    close("IoU", mean(together), got["iou"])
    close("C-IoU", mean(complex_), got["c_iou"])
    close("N ratio", mean(ratios), got["n_ratio"])
    close("PoLiS", mean(distances), got["polis"])
    close("tangent angle", mean([a for a in angles if a is not None]), got["tangent_angle_error"])
    for kind, (tp, fp, fn) in sizes.items():
        close(kind, 2 * tp / max(1, 2 * tp + fp + fn), got["by_size"][kind]["f1"])
    close.done(11)


main(sys.argv[1])
